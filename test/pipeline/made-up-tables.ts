import assert from 'node:assert/strict'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { readOrder } from '../../src/order/read-order.ts'
import type { NewOrder, OrdersTransaction, StoredUnder } from '../../src/pipeline/orders-role.ts'
import type { OutgoingRecord } from '../../src/pipeline/record.ts'
import { LIMITS } from '../order/fixtures.ts'

/** The four tables, as far as the role sees them; `log` tells what was done in which order. */
export class MadeUpTables implements OrdersTransaction {
  readonly log: string[] = []
  readonly statements: string[][] = []
  readonly stored = new Map<string, { contentHash: Buffer; canonical: Buffer }>()
  readonly produced: OutgoingRecord[] = []

  async insertOrders(
    orders: readonly NewOrder[],
    topicId: string,
  ): Promise<ReadonlyMap<string, StoredUnder>> {
    this.log.push(`insert ${orders.length} of ${topicId}`)
    this.statements.push(orders.map(({ content }) => content.order.order_uid))
    return new Map(orders.map(({ content }) => [content.order.order_uid, this.#insert(content)]))
  }

  async canonicalOrder(uid: string): Promise<Buffer | undefined> {
    this.log.push(`read ${uid}`)
    return this.stored.get(uid)?.canonical
  }

  /** Stores `value` as if another batch had, with a hash of that version of the canonical form. */
  put(value: string, version = 1): void {
    const reading = readOrder(Buffer.from(value), LIMITS)
    assert.ok(reading.ok)
    const contentHash = Buffer.from(reading.contentHash)
    contentHash[0] = version
    if (version !== 1) contentHash.fill(0, 1)
    this.stored.set(reading.order.order_uid, { contentHash, canonical: reading.canonical })
  }

  #insert({ order, contentHash }: NewOrder['content']): StoredUnder {
    const stored = this.stored.get(order.order_uid)
    if (stored !== undefined) return { inserted: false, contentHash: stored.contentHash }
    this.stored.set(order.order_uid, { contentHash, canonical: canonicalBytes(order) })
    return { inserted: true }
  }
}
