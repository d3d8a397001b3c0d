import type { Cluster } from '../src/kafka/cluster.ts'
import { partitionHash } from '../src/kafka/partitioner.ts'
import { readOrder } from '../src/order/read-order.ts'
import type { Shares } from '../src/producer/plan.ts'
import { seedFrom } from '../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../src/producer/records.ts'
import { produceLoad } from '../src/wiring/produce-load.ts'
import type { BenchStack } from './bench-stack.ts'
import { copyLine } from './copy-text.ts'
import { rowsOf, TABLES, type Rows, type Table } from './rows.ts'

export const PARTITIONS = 4
/** Orders in one transaction of the ceiling; more do not make it faster. */
export const COPY_BATCH = 2_000
export const ONLY_VALID: Shares = { invalid: 0, duplicate: 0, conflict: 0 }
export const ORDER_LIMITS = { maxBytes: 1_048_576, maxDepth: 64 }

/** What one transaction of the ceiling writes: for each table the input of its `copy`. */
export type CopyBatch = Readonly<Record<Table, Buffer>>

/** The same orders in every form that is measured. */
export interface Load {
  /** Holds exactly these orders, as records. */
  readonly topic: string
  readonly topicId: string
  readonly orders: number
  /** Of all records' values. */
  readonly bytes: number
  /** By partition, as one connection of the ceiling writes them. */
  readonly batches: readonly (readonly CopyBatch[])[]
  /** The first orders, for the habit. */
  readonly sample: readonly Rows[]
}

export interface LoadPlan {
  readonly topic: string
  readonly orders: number
  readonly sample: number
  readonly seed: string
}

/** Produces the orders to a new topic, and prepares the same ones for the ceiling and the habit. */
export async function prepareLoad(
  { kafka, cluster }: BenchStack,
  { topic, orders, sample, seed }: LoadPlan,
  stopping: AbortSignal,
): Promise<Load> {
  const topicId = await createTopic(cluster, topic)
  const partitions = Array.from({ length: PARTITIONS }, () => new CopyPartition())
  const kept: Rows[] = []
  let bytes = 0
  const prepare = ({ key, value }: LoadRecord): void => {
    const partition = partitionOf(key)
    const copies = partitions[partition]
    const reading = readOrder(value, ORDER_LIMITS)
    if (copies === undefined || !reading.ok) throw new Error('the generator made a record that is no order')
    const { order, contentHash } = reading
    const rows = rowsOf(order, contentHash, { topicId, partition, offset: copies.orders })
    copies.add(rows)
    if (kept.length < sample) kept.push(rows)
    bytes += value?.length ?? 0
  }
  const { acknowledged } = await produceLoad(
    kafka,
    topic,
    {
      chunks: generateRecords(seedFrom(seed), orders, ONLY_VALID),
      intervalMs: 0,
      stopping,
      onAcknowledged: (records) => records.forEach(prepare),
    },
    () => {},
  )
  stopping.throwIfAborted()
  const ends = await Promise.all(partitions.map((_, index) => cluster.range(topic, index)))
  if (acknowledged.total !== orders || ends.some(({ end }, index) => end !== partitions[index]?.orders))
    throw new Error('Kafka holds other records than were meant to be produced')
  return { topic, topicId, orders, bytes, batches: partitions.map((copies) => copies.finish()), sample: kept }
}

/** Makes a topic of `PARTITIONS` partitions, and returns its id. */
export async function createTopic(cluster: Cluster, name: string): Promise<string> {
  await cluster.createMissing([{ name, partitions: PARTITIONS, configs: {} }])
  const state = await cluster.topic(name)
  if (state === undefined) throw new Error(`topic ${name} did not appear`)
  return state.id
}

export function partitionOf(key: Buffer | null): number {
  if (key === null) throw new Error('a record without a key may go anywhere')
  return partitionHash(key) % PARTITIONS
}

/** Collects the rows of one partition's orders into the input of transactions. */
class CopyPartition {
  orders = 0
  readonly #batches: CopyBatch[] = []
  #lines: Record<Table, string[]> = noLines()

  add(rows: Rows): void {
    for (const table of TABLES) this.#lines[table].push(...rows[table].map(copyLine))
    if (++this.orders % COPY_BATCH === 0) this.#cut()
  }

  finish(): readonly CopyBatch[] {
    if (this.#lines.orders.length > 0) this.#cut()
    return this.#batches
  }

  #cut(): void {
    const { orders, delivery, payment, items } = this.#lines
    this.#batches.push({
      orders: Buffer.from(orders.join('')),
      delivery: Buffer.from(delivery.join('')),
      payment: Buffer.from(payment.join('')),
      items: Buffer.from(items.join('')),
    })
    this.#lines = noLines()
  }
}

function noLines(): Record<Table, string[]> {
  return { orders: [], delivery: [], payment: [], items: [] }
}
