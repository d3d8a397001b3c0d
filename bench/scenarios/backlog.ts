import type { BenchStack } from '../bench-stack.ts'
import { measureDrain, type Drain } from '../drain.ts'
import type { BenchPlan } from '../plan.ts'
import { fillTopic, PARTITIONS } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'

export interface BacklogResult {
  readonly orders: number
  readonly cacheMb: number
  readonly cases: readonly Measured<Drain>[]
}

const CACHE_MB = 16
const MEMORY_STEPS = 100

/** Whether memory grows with what waits in Kafka. */
export async function runBacklog(
  stack: BenchStack,
  { backlogOrders: orders }: BenchPlan,
  turns: Turns,
): Promise<BacklogResult> {
  const plan = { name: 'backlog', records: orders, partitions: PARTITIONS, invalidShare: 0 }
  const topic = await fillTopic(stack, plan, turns.stopping)
  const options = { settings: { CACHE_MB: String(CACHE_MB) }, memorySteps: MEMORY_STEPS }
  const cases = await inTurns(
    turns,
    [{ name: 'backlog' }],
    () => measureDrain(stack, topic, options, turns.stopping),
    ({ perSecond, peakResidentBytes }) =>
      `${Math.round(perSecond)}/s, peak ${((peakResidentBytes ?? NaN) / 1e6).toFixed(0)} MB`,
  )
  return { orders, cacheMb: CACHE_MB, cases }
}
