import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ROOT } from '../docs/markdown.ts'

/** A COPY of the last stage of deploy/Dockerfile. */
interface Copy {
  /** The stage it comes from; undefined for the build's context. */
  readonly stage: string | undefined
  readonly sources: readonly string[]
  readonly target: string
}

export function dockerfile(): string {
  return readFileSync(`${ROOT}/deploy/Dockerfile`, 'utf8')
}

export function copies(): Copy[] {
  const last =
    dockerfile()
      .split(/^FROM /m)
      .at(-1) ?? ''
  return Array.from(
    last.matchAll(/^COPY (?:--from=(\S+) )?(.+) (\S+)$/gm),
    ([, stage, sources = '', target = '']) => ({
      stage,
      sources: sources.split(' '),
      target,
    }),
  )
}

/** Fills an empty folder with what .dockerignore lets through to the build, and the packages that are here. */
export function layOutContext(folder: string): void {
  for (const path of allowed().filter((one) => existsSync(join(ROOT, one)))) {
    cpSync(join(ROOT, path), join(folder, path), {
      recursive: true,
      filter: (source) => !/(^|\/)(node_modules|dist)$/.test(source),
    })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}

/** Paths that .dockerignore lets through, where everything else is ignored. */
export function allowed(): string[] {
  const [first, ...lines] = readFileSync(`${ROOT}/.dockerignore`, 'utf8')
    .split('\n')
    .filter((line) => /^[^#]/.test(line))
  if (first !== '*') throw new Error('.dockerignore does not begin by ignoring everything')
  return lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
}

/**
 * Fills an empty folder with what the image has, as far as that can be had without building one: the files
 * that are copied from here, and links to the packages that `npm ci --omit=dev` installs. What the service
 * reads beside them is missed, as it would be in a container.
 */
export function layOutImage(folder: string): void {
  for (const { stage, sources, target } of copies()) {
    if (stage !== undefined) continue
    for (const source of sources) {
      const name = target.endsWith('/') ? join(target, basename(source)) : target
      cpSync(join(ROOT, source), join(folder, name), { recursive: true })
    }
  }
  for (const path of productionPackages()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(ROOT, path), join(folder, path))
  }
}

/** Folders directly under node_modules, without those of other systems. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as {
    packages: Record<string, { dev?: true }>
  }
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(ROOT, path)))
}
