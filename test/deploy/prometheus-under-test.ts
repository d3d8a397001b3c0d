import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../docs/markdown.ts'
import { waitUntil } from '../stack-under-test.ts'

export interface PrometheusUnderTest {
  /** The series that an instant query finds; rejects when Prometheus refuses it. */
  query(expression: string): Promise<readonly Series[]>
  /** What stands under `data` in an answer of its API. */
  ask<T>(path: string): Promise<T>
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [seconds: number, text: string]
}

/**
 * A real Prometheus with the configuration that ships, on a free port of 127.0.0.1. Only the address of the
 * service is another, and it looks every second, so that a test need not wait. It is ended after the test.
 */
export async function startPrometheus(
  test: { after(undo: () => void | Promise<void>): void },
  serviceUrl: string,
): Promise<PrometheusUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'))
  cpSync(join(ROOT, 'deploy/prometheus'), folder, { recursive: true })
  const file = join(folder, 'prometheus.yml')
  const shipped = readFileSync(file, 'utf8')
  const ours = [
    [/^( *)scrape_interval: .*$/m, '$1scrape_interval: 1s'],
    [/^( *)scrape_timeout: .*$/m, '$1scrape_timeout: 1s'],
    [/^( *)evaluation_interval: .*$/m, '$1evaluation_interval: 1s'],
    [/'sluice:8080'/, `'${new URL(serviceUrl).host}'`],
  ] as const
  for (const [place] of ours)
    if (!place.test(shipped)) throw new Error(`prometheus.yml has no ${place.source}`)
  writeFileSync(
    file,
    ours.reduce((text, [place, value]) => text.replace(place, value), shipped),
  )
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const exited = once(child, 'exit')
  test.after(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const address = await waitUntil(
    () => {
      if (child.exitCode !== null) throw new Error(log)
      return /"?Listening on"? address=(\S+)/.exec(log)?.[1]
    },
    { deadlineMs: 20_000, what: 'Prometheus listens' },
  )
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://${address}/api/v1/${path}`)
    const { data, error } = (await response.json()) as { data: T; error?: string }
    if (!response.ok) throw new Error(`${path}: ${error}`)
    return data
  }
  return {
    ask,
    query: async (expression) =>
      (await ask<{ result: readonly Series[] }>(`query?query=${encodeURIComponent(expression)}`)).result,
  }
}
