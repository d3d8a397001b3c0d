import type { OffsetLook } from '../checker/evidence.ts'

export interface PacePoint {
  readonly atMs: number
  readonly perSecond: number
}

const STEP_MS = 1_000

/** How fast the ledgers moved, second by second; 0 where they stood or went back. */
export function paceOf(looks: readonly OffsetLook[]): PacePoint[] {
  const positions = new Map<string, number>()
  const moved: number[] = []
  for (const { atMs, group, topicId, partition, next } of looks.toSorted((a, b) => a.atMs - b.atMs)) {
    const key = `${group}/${topicId}/${partition}`
    const before = positions.get(key)
    if (next === undefined) continue
    positions.set(key, next)
    const step = Math.floor(atMs / STEP_MS)
    if (before !== undefined) moved[step] = (moved[step] ?? 0) + Math.max(0, next - before)
  }
  return Array.from(moved, (count, step) => ({ atMs: step * STEP_MS, perSecond: count ?? 0 }))
}

const LEVELS = ' ▁▂▃▄▅▆▇█'

/** One character for each of `columns` equal parts of the time. */
export function sparkline(pace: readonly PacePoint[], columns: number): string {
  const perColumn = Math.max(1, Math.ceil(pace.length / columns))
  const means: number[] = []
  for (let first = 0; first < pace.length; first += perColumn) {
    const part = pace.slice(first, first + perColumn)
    means.push(part.reduce((sum, { perSecond }) => sum + perSecond, 0) / part.length)
  }
  const highest = Math.max(1, ...means)
  return means.map((mean) => LEVELS[Math.ceil((mean / highest) * (LEVELS.length - 1))] ?? ' ').join('')
}
