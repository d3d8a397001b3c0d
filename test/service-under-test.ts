import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../stack/service-runtime.ts'
import { waitUntil } from './stack-under-test.ts'

const ROOT = join(import.meta.dirname, '..')

export interface ServiceUnderTest {
  readonly pid: number
  /** Where its HTTP answers. */
  readonly url: string
  /** Its log so far, one parsed JSON line each. */
  readonly events: readonly LogLine[]
  signal(signal: NodeJS.Signals): void
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | NodeJS.Signals>
  /** Sum of a metric's samples over all labels that contain `labels`. */
  metric(name: string, labels?: string): Promise<number>
}

export interface LogLine {
  readonly event: string
  readonly level: string
  readonly [field: string]: unknown
}

interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

/**
 * Runs the service as users do, as a process of its own with a configuration from the environment, and
 * resolves when HTTP answers. It is killed after the test if it still runs. `root` is another folder that
 * holds the project.
 */
export async function startServiceProcess(
  test: Afterwards,
  environment: Readonly<Record<string, string>>,
  root = ROOT,
): Promise<ServiceUnderTest> {
  const child = spawn(process.execPath, [...NODE_FLAGS, join(root, 'src/cli/serve.ts')], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      HTTP_ADDR: '127.0.0.1:0',
      LOG_LEVEL: 'info',
      ...RUNTIME_ENVIRONMENT,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = exitOf(child)
  test.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const events: LogLine[] = []
  const raw: string[] = []
  readLines(child, (line) => {
    raw.push(line)
    if (line.startsWith('{')) events.push(JSON.parse(line) as LogLine)
  })
  const started = waitUntil(
    () => {
      if (child.exitCode !== null || child.signalCode !== null) return 'ended'
      return events.find(({ event }) => event === 'started')?.['url']
    },
    { deadlineMs: 30_000, what: 'the service starts' },
  )
  const url = await started
  if (typeof url !== 'string' || url === 'ended' || child.pid === undefined)
    throw new Error(`the service ended at once:\n${raw.join('\n')}`)
  return {
    pid: child.pid,
    url,
    events,
    exited,
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM')
      return exited
    },
    metric: (name, labels = '') => readMetric(`${url}/metrics`, name, labels),
  }
}

async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? signal ?? 1
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    lines.filter((line) => line !== '').forEach(onLine)
  })
}

async function readMetric(url: string, name: string, labels: string): Promise<number> {
  const text = await (await fetch(url)).text()
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
