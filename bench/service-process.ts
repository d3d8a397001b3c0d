import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../stack/service-runtime.ts'

const SERVE = join(import.meta.dirname, '..', 'src', 'cli', 'serve.ts')
const KEPT_LOG_CHARS = 4_000

export interface ServiceProcess extends AsyncDisposable {
  readonly pid: number
  /** Throws, with the end of its log, when it does not run any more. */
  requireRunning(): void
}

export interface ServicePlace {
  readonly brokers: string
  /** Working directory: one without an `.env`, which would change what is measured. */
  readonly folder: string
  /** Where a CPU profile goes when the service ends; without it, none is taken. */
  readonly profileFolder?: string | undefined
}

/** Runs the service as it ships, with default settings but for `settings`, as a process of its own. Disposing drains and ends it. */
export function startService(
  place: ServicePlace,
  dsn: string,
  topic: string,
  settings: Readonly<Record<string, string>> = {},
): ServiceProcess {
  const { brokers, folder, profileFolder } = place
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const child = spawn(process.execPath, [...NODE_FLAGS, ...profile, SERVE], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      ...RUNTIME_ENVIRONMENT,
      KAFKA_BROKERS: brokers,
      DB_DSN: dsn,
      KAFKA_TOPIC: topic,
      RETRY_TOPIC: `${topic}-retry`,
      DLQ_TOPIC: `${topic}-dlq`,
      // Every drain begins at the start of the topic with a group that has never been.
      KAFKA_GROUP_ID: new URL(dsn).pathname.slice(1),
      HTTP_ADDR: '127.0.0.1:0',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = exitOf(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-KEPT_LOG_CHARS)
  })
  return {
    pid: child.pid ?? 0,
    requireRunning: () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the service ended while it was measured:\n${log}`)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function exitOf(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) await once(child, 'exit')
}
