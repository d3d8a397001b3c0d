/** Exponential with full jitter: between 0 and `baseMs` × 2^(attempt − 1), never above `capMs`. `attempt` counts from 1. */
export function backoffMs(attempt: number, baseMs: number, capMs: number, random: () => number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling * random())
}
