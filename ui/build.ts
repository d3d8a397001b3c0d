import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
const DIST = join(HERE, 'dist')
/** Beside the built files: what they were built from. */
const STAMP = 'sources.sha256'

/**
 * Builds the page into `ui/dist`, unless what is there was built from the same sources. Two at once do no
 * harm: each builds in a folder of its own, and the first puts it in place as a whole.
 */
export async function buildPage(): Promise<'built' | 'current'> {
  const sources = hashOfSources()
  if (builtFrom() === sources) return 'current'
  const { build } = await import('vite')
  const outDir = join(HERE, `.dist-${process.pid}`)
  const environment = process.env['NODE_ENV']
  try {
    await build({
      configFile: join(HERE, 'vite.config.ts'),
      build: { outDir, emptyOutDir: true },
      logLevel: 'warn',
    })
    writeFileSync(join(outDir, STAMP), sources)
    // Somebody may be served from there by now.
    if (builtFrom() === sources) return 'current'
    rmSync(DIST, { recursive: true, force: true })
    renameSync(outDir, DIST)
  } catch (error) {
    if (builtFrom() !== sources) throw error
  } finally {
    rmSync(outDir, { recursive: true, force: true })
    // Vite sets it, and whatever the caller starts would inherit it.
    if (environment === undefined) delete process.env['NODE_ENV']
  }
  return 'built'
}

function builtFrom(): string | undefined {
  const path = join(DIST, STAMP)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Contents, not times: a clone or an image gives every file a new time. */
function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const path of [...filesIn(HERE).toSorted(), join(HERE, '../package-lock.json')]) {
    hash.update(path.slice(HERE.length)).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/** What is built comes and goes meanwhile, so nobody looks into it. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^\.?dist/.test(entry.name) ? [] : filesIn(path)
    return /\.(tsx?|css|html|svg)$/.test(entry.name) ? [path] : []
  })
}

function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

if (import.meta.main) {
  try {
    const before = performance.now()
    if ((await buildPage()) === 'built') {
      process.stderr.write(`Built the page in ${((performance.now() - before) / 1_000).toFixed(1)} s.\n`)
    }
  } catch (error) {
    // An installation without development packages runs what was built elsewhere.
    if (!process.argv.includes('--if-possible') || !isMissingPackage(error)) throw error
    if (!existsSync(DIST)) process.stderr.write('The page is not built, and Vite is not installed.\n')
  }
}
