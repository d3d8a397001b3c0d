import assert from 'node:assert/strict'
import { openProducer, type RecordProducer } from '../../src/kafka/producer.ts'
import type { Shares } from '../../src/producer/plan.ts'
import { seedFrom } from '../../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../../src/producer/records.ts'
import { runLoad } from '../../src/producer/run.ts'
import type { Place } from './place.ts'

export interface Load {
  /** Grows while records are acknowledged, in the order in which they were produced. */
  readonly acknowledged: readonly LoadRecord[]
  /** Makes no new records, and resolves when each one that was made is acknowledged. */
  stop(): Promise<void>
}

export const MIXED: Shares = { invalid: 0.02, duplicate: 0.02, conflict: 0.01 }
const ONLY_VALID: Shares = { invalid: 0, duplicate: 0, conflict: 0 }

interface LoadPlan {
  /** Other seeds make other orders. */
  readonly seed: string
  readonly shares?: Shares
}

/** Produces `rate` records a second until it is stopped, over outages of any length; at the latest after the test. */
export function startLoad(
  test: { after(undo: () => Promise<void>): void },
  place: Place,
  plan: LoadPlan & { readonly rate: number },
): Load {
  const producer = openTestProducer(place)
  const acknowledged: LoadRecord[] = []
  const stopping = new AbortController()
  const ended = run(producer, place, plan, undefined, 1000 / plan.rate, acknowledged, stopping.signal)
  // It is awaited by stop(); a test that fails before then has a better reason to show.
  ended.catch(() => {})
  test.after(async () => {
    stopping.abort()
    await producer.close()
  })
  return {
    acknowledged,
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

/** Produces `count` records as fast as it can; all are acknowledged when it resolves. */
export async function produce(place: Place, count: number, plan: LoadPlan): Promise<readonly LoadRecord[]> {
  await using producer = openTestProducer(place)
  const acknowledged: LoadRecord[] = []
  await run(producer, place, plan, count, 0, acknowledged, new AbortController().signal)
  return acknowledged
}

function openTestProducer({ brokers }: Place): RecordProducer {
  const settings = { brokers: brokers.split(','), clientId: 'test-load' }
  return openProducer(settings, { giveUpAfterMs: 60_000, onError: () => {} })
}

async function run(
  producer: RecordProducer,
  { orders }: Place,
  { seed, shares = ONLY_VALID }: LoadPlan,
  count: number | undefined,
  intervalMs: number,
  acknowledged: LoadRecord[],
  stopping: AbortSignal,
): Promise<void> {
  const { unacknowledged } = await runLoad({
    chunks: generateRecords(seedFrom(seed), count, shares),
    intervalMs,
    stopping,
    send: async (records) => {
      await producer.send(records.map(({ key, value }) => ({ topic: orders, key, value, headers: [] })))
      return []
    },
    onAcknowledged: (records) => acknowledged.push(...records),
  })
  assert.equal(unacknowledged, 0)
}
