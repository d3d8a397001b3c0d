import type { BenchStack } from '../bench-stack.ts'
import { measureCeiling } from '../ceiling.ts'
import { COPY_BATCH, prepareCopyLoad } from '../copy-load.ts'
import { measureDrain, type Drain } from '../drain.ts'
import { measureHabit, measureHabitWrites } from '../habit.ts'
import type { BenchPlan } from '../plan.ts'
import { PARTITIONS } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'
import { tellRate } from './tell.ts'

export interface DrainResult {
  readonly orders: number
  readonly bytesPerOrder: number
  readonly partitions: number
  readonly copyBatch: number
  readonly habitOrders: number
  readonly cases: readonly Measured<Drain>[]
}

/** The fastest way to write, ours, and the usual way. */
export async function runDrain(
  stack: BenchStack,
  { orders, habitOrders }: BenchPlan,
  turns: Turns,
): Promise<DrainResult> {
  const { stopping } = turns
  const load = await prepareCopyLoad(stack, { name: 'drain', records: orders, sample: habitOrders }, stopping)
  const measures: Readonly<Record<string, () => Promise<Drain>>> = {
    ceiling: () => measureCeiling(stack, load, stopping),
    ours: () => measureDrain(stack, load, {}, stopping),
    habit: () => measureHabit(stack, load, stopping),
    'habit, writes alone': () => measureHabitWrites(stack, load, stopping),
  }
  const cases = await inTurns(
    turns,
    Object.entries(measures).map(([name, measure]) => ({ name, measure })),
    ({ measure }) => measure(),
    tellRate,
  )
  return {
    orders,
    bytesPerOrder: load.bytes / orders,
    partitions: PARTITIONS,
    copyBatch: COPY_BATCH,
    habitOrders: load.sample.length,
    cases: cases.map(({ name, rounds }) => ({ name, rounds })),
  }
}
