import { readFileSync } from 'node:fs'

const ANSWER_WITHIN_MS = 2_000

export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** Sample by name and labels as exposed; undefined when there was no answer. */
export async function readMetrics(
  url: string,
  withinMs: number,
): Promise<Readonly<Record<string, number>> | undefined> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(withinMs) })
    return response.ok ? samplesIn(await response.text()) : undefined
  } catch {
    return undefined
  }
}

function samplesIn(exposition: string): Record<string, number> {
  const samples = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    samples.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

/** The most that was ever resident; 0 where that can't be told. */
export function peakResidentBytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
