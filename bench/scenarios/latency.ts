import type { BenchStack } from '../bench-stack.ts'
import { measureLatency, type Latency } from '../latency.ts'
import type { BenchPlan } from '../plan.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'

const RATES = [500, 2_000]
/** Until the compiler is done with what is hot, and the pool is full. */
const WARM_UP_SECONDS = 5

export interface LatencyResult {
  readonly seconds: number
  readonly cases: readonly (Measured<Latency> & { readonly ordersPerSecond: number })[]
}

/** How long orders take while the service has time to spare. */
export async function runLatency(
  stack: BenchStack,
  { latencySeconds: seconds }: BenchPlan,
  turns: Turns,
): Promise<LatencyResult> {
  const cases = await inTurns(
    turns,
    RATES.map((ordersPerSecond) => ({ name: `at ${ordersPerSecond}/s`, ordersPerSecond })),
    ({ ordersPerSecond }, round) =>
      measureLatency(
        stack,
        {
          topic: `latency-${ordersPerSecond}-${round}`,
          ordersPerSecond,
          seconds,
          warmUpSeconds: WARM_UP_SECONDS,
        },
        turns.stopping,
      ),
    ({ p50Ms, p99Ms }) => `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
  )
  return { seconds, cases }
}
