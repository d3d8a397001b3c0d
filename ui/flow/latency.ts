import type { LatencyBucket } from '../api/flow-sample.ts'

/** From produced to stored: half of the orders took at most `median`, 99 of 100 at most `most`. */
export interface Latency {
  readonly median: Quantile
  readonly most: Quantile
}

/** `beyond`: it is more than that, which is the last bound; how much more, nobody counted. */
interface Quantile {
  readonly seconds: number
  readonly beyond: boolean
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

/** Within a bucket as if its orders were spread evenly. */
function quantile(bounds: readonly (number | null)[], counts: readonly number[], rank: number): Quantile {
  let [lower, below] = [0, 0]
  for (const [at, count] of counts.entries()) {
    const upper = bounds[at]
    if (upper === undefined || upper === null) break
    if (count >= rank)
      return { seconds: lower + ((upper - lower) * (rank - below)) / (count - below), beyond: false }
    lower = upper
    below = count
  }
  return { seconds: lower, beyond: true }
}
