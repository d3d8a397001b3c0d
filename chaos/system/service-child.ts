import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_FLAGS, RUNTIME_ENVIRONMENT } from '../../stack/service-runtime.ts'

const SERVE = join(import.meta.dirname, '..', '..', 'src', 'cli', 'serve.ts')
const KEPT_LINES = 12

export interface ServicePlan {
  /** Another entry than the one that ships. */
  readonly entry?: string | undefined
  /** Working directory: one without an `.env`, which would change what is run. */
  readonly folder: string
  readonly logFile: string
  readonly environment: Readonly<Record<string, string>>
}

export interface ServiceChild {
  readonly pid: number
  /** Where its HTTP answers, once it has said so. */
  readonly url: string | undefined
  signal(signal: NodeJS.Signals): void
  /** Exit code, or the signal that ended it; when its log is complete. */
  readonly exited: Promise<number | string>
  /** The end of its log. */
  lastLines(): string
}

/** One process of the service. Its log is appended to the file. */
export function startServiceChild({ entry, folder, logFile, environment }: ServicePlan): ServiceChild {
  const child = spawn(process.execPath, [...NODE_FLAGS, entry ?? SERVE], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HTTP_ADDR: '127.0.0.1:0', ...RUNTIME_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: string[] = []
  let rest = ''
  let url: string | undefined
  const take = (line: string): void => {
    url ??= urlIn(line)
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    appendFileSync(logFile, text)
    const whole = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    whole.forEach(take)
  })
  const { promise: exited, resolve } = Promise.withResolvers<number | string>()
  child.on('error', (error) => resolve(error.message))
  child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  return {
    pid: child.pid ?? 0,
    get url() {
      return url
    },
    signal: (signal) => void child.kill(signal),
    exited,
    lastLines: () => [...lines, rest].join('\n').trim(),
  }
}

function urlIn(line: string): string | undefined {
  if (!line.includes('"event":"started"')) return undefined
  return /"url":"([^"]+)"/.exec(line)?.[1]
}
