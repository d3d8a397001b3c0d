import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { preparationPath } from './files.ts'
import type { PostgresHost } from './postgres-host.ts'
import { identify } from './process-table.ts'
import { killServer, runningServer, spawnServer } from './processes.ts'
import type { ServerPlace } from './processes.ts'
import { serverNode } from './server-node.ts'
import type { ServerNode } from './server-node.ts'
import { query } from './sql.ts'
import { errorCode, outputOf, StackError } from './stack-error.ts'
import { prepareStandby } from './standby.ts'
import type { Primary } from './standby.ts'

const run = promisify(execFile)

/** Name of the database and of its owner, who is a superuser. */
const NAME = 'sluice'

export interface PostgresNode extends ServerNode {
  readonly dsn: string
  readonly dataDir: string
  /** Copies the data to `folder`, which must not exist yet. Throws while the server runs. */
  copyTo(folder: string): Promise<void>
  /** Replaces the data by a copy that `copyTo` made, which stays. Throws while the server runs. */
  restoreFrom(folder: string): Promise<void>
}

export interface PostgresSetting {
  readonly name: string
  /** Folder of this node alone, for pid file and log; made when missing. */
  readonly folder: string
  /** Made when missing. Its parent must be open to the user that `host` names. */
  readonly dataDir: string
  readonly password: string
  readonly port: () => number
  /** Called at a start only, so that stopping needs no PostgreSQL. */
  readonly host: () => Promise<PostgresHost>
  /** The server to follow, asked at each start; undefined for one that is written to. */
  readonly primary: () => Primary | undefined
}

export function postgresNode(setting: PostgresSetting): PostgresNode {
  const { name, folder, dataDir, password, port, host, primary } = setting
  const place: ServerPlace = {
    name,
    program: 'postgres',
    folder: dataDir,
    pidFile: join(folder, 'pid'),
    logFile: join(folder, 'server.log'),
  }
  const dsn = () => dsnOf(port(), password)

  async function launch(signal?: AbortSignal) {
    mkdirSync(folder, { recursive: true })
    const { binaries, runAs } = await host()
    const followed = primary()
    if (followed) await prepareStandby(dataDir, followed, signal)
    else if (!existsSync(dataDir)) await initialise(place, { binaries, runAs }, password, signal)
    removeForeignLock(dataDir)
    return await spawnServer(place, join(binaries, 'postgres'), ['-D', dataDir, ...options(port())], runAs)
  }

  async function requireStopped() {
    if (runningServer(place)) throw new StackError(`${name} runs; stop it before its files are copied`)
    await killServer(place) // children that outlived it would still write
  }

  const probe = async () => await isServing(dsn())
  // SIGINT is PostgreSQL's "fast shutdown": it ends the sessions instead of waiting for them.
  const node = serverNode({ place, port, launch, probe, stopSignal: 'SIGINT', stopDeadlineMs: 15_000 })
  return Object.defineProperty(
    Object.assign(node, {
      dsn: '',
      dataDir,
      async copyTo(target: string) {
        await requireStopped()
        if (existsSync(target)) throw new StackError(`${target} exists already`)
        await run('cp', ['-a', dataDir, target])
      },
      async restoreFrom(source: string) {
        await requireStopped()
        const fresh = preparationPath(dataDir)
        await run('cp', ['-a', source, fresh])
        rmSync(dataDir, { recursive: true, force: true })
        renameSync(fresh, dataDir)
      },
    }),
    'dsn',
    { get: dsn, enumerable: true },
  )
}

export function dsnOf(port: number, password: string): string {
  return `postgresql://${NAME}:${password}@127.0.0.1:${port}/${NAME}`
}

// On the command line, so that a changed port or setting holds for data that exists already.
function options(port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
}

async function initialise(place: ServerPlace, host: PostgresHost, password: string, signal?: AbortSignal) {
  const fresh = preparationPath(place.folder)
  const passwordFile = `${fresh}.password`
  mkdirSync(fresh, { mode: 0o700 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (host.runAs) for (const path of [fresh, passwordFile]) chownSync(path, host.runAs.uid, host.runAs.gid)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = [`--username=${NAME}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  await run(
    join(host.binaries, 'initdb'),
    ['-D', fresh, ...access, ...locale, '--no-sync', '--no-instructions'],
    {
      cwd: dirname(fresh),
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      ...host.runAs,
      ...(signal && { signal }),
    },
  ).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw new StackError(`${place.name} could not make its data folder: ${outputOf(error)}`)
  })
  rmSync(passwordFile)
  renameSync(fresh, place.folder)
}

/**
 * PostgreSQL believes its lock file of before a hard kill when some process has the number in it by now, or
 * nobody has reaped the old one. Our own search by working directory (Linux) has just found no server here.
 */
function removeForeignLock(dataDir: string): void {
  const lock = join(dataDir, 'postmaster.pid')
  if (process.platform !== 'linux' || !existsSync(lock)) return
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
  if (identify(pid)) rmSync(lock)
}

async function isServing(dsn: string): Promise<boolean> {
  try {
    await query(dsn, 'select 1')
    return true
  } catch (error) {
    const code = errorCode(error)
    if (code === '3D000')
      await query(dsn.replace(/[^/]*$/, 'postgres'), `create database ${NAME}`).catch(() => {})
    if (code?.startsWith('28')) {
      throw new StackError(
        'PostgreSQL does not accept the recorded password: npm run stack -- reset makes a new database',
      )
    }
    return false
  }
}
