import { readOrder } from '../src/order/read-order.ts'
import type { LoadRecord } from '../src/producer/records.ts'
import type { BenchStack } from './bench-stack.ts'
import { copyLine } from './copy-text.ts'
import { rowsOf, TABLES, type Rows, type Table } from './rows.ts'
import { createTopic, fillTopic, partitionOf, PARTITIONS, type FilledTopic } from './topic.ts'

/** Orders in one transaction of the ceiling; more do not make it faster. */
export const COPY_BATCH = 2_000
export const ORDER_LIMITS = { maxBytes: 1_048_576, maxDepth: 64 }

/** What one transaction of the ceiling writes: for each table the input of its `copy`. */
export type CopyBatch = Readonly<Record<Table, Buffer>>

/** The same orders in every form that is measured. */
export interface CopyLoad extends FilledTopic {
  /** By partition, as one connection of the ceiling writes them. */
  readonly batches: readonly (readonly CopyBatch[])[]
  /** The first orders, for the habit. */
  readonly sample: readonly Rows[]
}

/** Produces the orders to a new topic, and prepares the same ones for the ceiling and the habit. */
export async function prepareCopyLoad(
  stack: BenchStack,
  { name, records, sample }: { readonly name: string; readonly records: number; readonly sample: number },
  stopping: AbortSignal,
): Promise<CopyLoad> {
  const topicId = await createTopic(stack.cluster, name, PARTITIONS)
  const partitions = Array.from({ length: PARTITIONS }, () => new CopyPartition())
  const kept: Rows[] = []
  const prepare = ({ key, value }: LoadRecord): void => {
    const partition = partitionOf(key, PARTITIONS)
    const copies = partitions[partition]
    const reading = readOrder(value, ORDER_LIMITS)
    if (copies === undefined || !reading.ok) throw new Error('the generator made a record that is no order')
    const { order, contentHash } = reading
    const rows = rowsOf(order, contentHash, { topicId, partition, offset: copies.orders })
    copies.add(rows)
    if (kept.length < sample) kept.push(rows)
  }
  const plan = { name, records, partitions: PARTITIONS, invalidShare: 0 }
  const filled = await fillTopic(stack, plan, stopping, prepare)
  return { ...filled, batches: partitions.map((copies) => copies.finish()), sample: kept }
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
