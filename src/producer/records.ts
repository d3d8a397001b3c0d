import type { Order } from '../order/order.ts'
import { breakOrder } from './broken.ts'
import { generateOrder, uidOf } from './generate.ts'
import { planRecords, type Kind, type PlannedRecord, type Shares } from './plan.ts'
import { randomAt, type Random, type Seed } from './random.ts'
import { spell } from './spelling.ts'

/** A record that is about to be produced. */
export interface LoadRecord {
  readonly kind: Kind
  /** Undefined when the value doesn't tell. */
  readonly uid: string | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
}

const CHANGE = 2

const CHUNK_RECORDS = 1000

/**
 * Generated records in chunks, `count` of them or without end. The same arguments give the same bytes, and
 * no order of another seed has one of their uids. Throws a RangeError as `countsOf` does.
 */
export function generateRecords(
  seed: Seed,
  count: number | undefined,
  shares: Shares,
): Generator<readonly LoadRecord[]> {
  return chunksOf(seed, planRecords(seed, count, shares))
}

function* chunksOf(seed: Seed, plan: Iterable<PlannedRecord>): Generator<readonly LoadRecord[]> {
  let chunk: LoadRecord[] = []
  for (const planned of plan) {
    chunk.push(makeRecord(seed, planned))
    if (chunk.length < CHUNK_RECORDS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

const VALUES: Readonly<Record<Kind, (order: Order, random: Random) => Buffer | null>> = {
  valid: (order) => Buffer.from(JSON.stringify(order)),
  invalid: breakOrder,
  duplicate: (order, random) => Buffer.from(spell(order, random)),
  conflict: (order, random) => Buffer.from(spell(contradict(order, random), random)),
}

function makeRecord(seed: Seed, { kind, position, order: number }: PlannedRecord): LoadRecord {
  // An invalid record has a uid of its own, so that it contradicts nothing.
  const uid = kind === 'invalid' ? `${seed.tag}-x${number}` : uidOf(seed, number)
  const order = { ...generateOrder(seed, number), order_uid: uid }
  return { kind, uid, key: Buffer.from(uid), value: VALUES[kind](order, randomAt(seed, position, CHANGE)) }
}

/** Another content under the same uid, as valid as the first. */
function contradict(order: Order, random: Random): Order {
  const changes: readonly (() => Order)[] = [
    () => ({ ...order, customer_id: `${order.customer_id}-other` }),
    () => ({ ...order, delivery: { ...order.delivery, address: `${order.delivery.address}, другой вход` } }),
    () => ({ ...order, items: order.items.map((item) => ({ ...item, status: item.status + 1 })) }),
    () => ({ ...order, sm_id: order.sm_id + 100 }),
  ]
  return random.pick(changes)()
}
