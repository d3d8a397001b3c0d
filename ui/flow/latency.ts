import type { LatencyBucket } from '../api/flow-sample.ts'

/** From produced to stored, in seconds: half of the orders took at most `median`, 99 of 100 at most `most`. */
export interface Latency {
  readonly median: number
  readonly most: number
}

/** Of the orders that were stored between two samples; undefined when none was, or the counts began anew. */
export function latencyBetween(
  before: readonly LatencyBucket[],
  after: readonly LatencyBucket[],
): Latency | undefined {
  const counts = after.map(({ count }, at) => count - (before[at]?.count ?? 0))
  const all = counts.at(-1) ?? 0
  const isAnew = before.length !== after.length || counts.some((count) => count < 0)
  if (isAnew || all === 0) return undefined
  const bounds = after.map(({ seconds }) => seconds)
  return { median: quantile(bounds, counts, all * 0.5), most: quantile(bounds, counts, all * 0.99) }
}

/** Within a bucket as if its orders were spread evenly; beyond the last bound, that bound. */
function quantile(bounds: readonly (number | null)[], counts: readonly number[], rank: number): number {
  let [lower, below] = [0, 0]
  for (const [at, count] of counts.entries()) {
    const upper = bounds[at] ?? lower
    if (count >= rank) return lower + ((upper - lower) * (rank - below)) / (count - below)
    lower = upper
    below = count
  }
  return lower
}
