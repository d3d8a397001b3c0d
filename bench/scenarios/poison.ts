import type { BenchStack } from '../bench-stack.ts'
import { measureDrain, type Drain } from '../drain.ts'
import type { BenchPlan } from '../plan.ts'
import { fillTopic, PARTITIONS, type FilledTopic } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'
import { tellRate } from './tell.ts'

export interface PoisonResult {
  readonly records: number
  readonly invalidShare: number
  readonly cases: readonly Measured<Drain>[]
}

const INVALID_SHARE = 0.01

/** What records that can't be stored cost the others. */
export async function runPoison(
  stack: BenchStack,
  { orders: records }: BenchPlan,
  turns: Turns,
): Promise<PoisonResult> {
  const fill = (name: string, invalidShare: number): Promise<FilledTopic> =>
    fillTopic(stack, { name, records, partitions: PARTITIONS, invalidShare }, turns.stopping)
  const cases = await inTurns(
    turns,
    [
      { name: 'clean', topic: await fill('clean', 0) },
      { name: 'poisoned', topic: await fill('poisoned', INVALID_SHARE) },
    ],
    ({ name, topic }, round) =>
      // Dead letters of earlier rounds would be archived once more.
      measureDrain(stack, topic, { settings: { DLQ_TOPIC: `${name}-dlq-${round}` } }, turns.stopping),
    tellRate,
  )
  return {
    records,
    invalidShare: INVALID_SHARE,
    cases: cases.map(({ name, rounds }) => ({ name, rounds })),
  }
}
