import type { BenchStack } from '../bench-stack.ts'
import { freshDatabase } from '../database.ts'
import type { BenchPlan } from '../plan.ts'
import { fillDatabase, LARGE_CACHE, startReadService, untilWarm } from '../read-service.ts'
import { createTopic, fillTopic, PARTITIONS } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'

export interface WarmStart {
  /** From the start of the process. */
  readonly firstAnswerMs: number
  /** Orders that were taken into the cache, and how long that took after the first answer. */
  readonly orders: number
  readonly seconds: number
}

export interface WarmUpResult {
  readonly orders: number
  readonly cases: readonly Measured<WarmStart>[]
}

const EMPTY_TOPIC = 'empty'

/** Services that start with all orders stored, and with none. */
export async function runWarmUp(
  stack: BenchStack,
  { orders }: BenchPlan,
  turns: Turns,
): Promise<WarmUpResult> {
  const plan = { name: 'warm-up', records: orders, partitions: PARTITIONS, invalidShare: 0 }
  const { topic } = await fillTopic(stack, plan, turns.stopping)
  await createTopic(stack.cluster, EMPTY_TOPIC, PARTITIONS)
  await using full = await freshDatabase(stack.dsn)
  await fillDatabase(stack, full.dsn, topic, orders)
  await using none = await freshDatabase(stack.dsn)
  const cases = await inTurns(
    turns,
    [
      { name: 'with none', dsn: none.dsn, topic: EMPTY_TOPIC, expected: 0 },
      { name: 'with all orders', dsn: full.dsn, topic, expected: orders },
    ],
    async ({ dsn, topic: read, expected }) => {
      const started = await measureStart(stack, dsn, read)
      if (started.orders !== expected) throw new Error(`${started.orders} orders were taken into the cache`)
      return started
    },
    ({ firstAnswerMs, seconds }) =>
      `first answer ${firstAnswerMs.toFixed(0)} ms, warm ${seconds.toFixed(2)} s later`,
  )
  return { orders, cases: cases.map(({ name, rounds }) => ({ name, rounds })) }
}

async function measureStart(stack: BenchStack, dsn: string, topic: string): Promise<WarmStart> {
  await using service = await startReadService(stack, dsn, topic, LARGE_CACHE)
  const answeredAtMs = performance.now()
  const orders = await untilWarm(service)
  const seconds = (performance.now() - answeredAtMs) / 1000
  return { firstAnswerMs: service.firstAnswerMs, orders, seconds }
}
