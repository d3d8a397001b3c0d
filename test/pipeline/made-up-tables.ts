import assert from 'node:assert/strict'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { readOrder } from '../../src/order/read-order.ts'
import type { SourceCoordinates } from '../../src/pipeline/headers.ts'
import type {
  EachAnswer,
  NewOrder,
  OrdersRoleOptions,
  OrdersTransaction,
  StoredUnder,
  WaitingRecord,
} from '../../src/pipeline/orders-role.ts'
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

  /** What the database says against an order; undefined when it has nothing against it. */
  refusal: (uid: string) => unknown = () => undefined
  readonly waiting: WaitingRecord[] = []
  readonly cameBack: SourceCoordinates[] = []

  async insertApart(orders: readonly NewOrder[], topicId: string): Promise<ReadonlyMap<string, StoredUnder>> {
    const uids = orders.map(({ content }) => content.order.order_uid)
    this.log.push(`apart ${uids.join(' ')}`)
    const refusal = uids.map((uid) => this.refusal(uid)).find((each) => each !== undefined)
    if (refusal !== undefined) throw refusal
    return await this.insertOrders(orders, topicId)
  }

  async insertEach(orders: readonly NewOrder[], topicId: string): Promise<EachAnswer> {
    this.log.push(`each ${orders.map(({ content }) => content.uid).join(' ')}`)
    const refused = new Map(
      orders
        .map(({ content }) => [content.uid, this.refusal(content.uid)] as const)
        .filter(([, refusal]) => refusal !== undefined),
    )
    const known = await this.insertOrders(
      orders.filter(({ content }) => !refused.has(content.uid)),
      topicId,
    )
    return { known, refused }
  }

  async showRetrying(
    waiting: readonly WaitingRecord[],
    cameBack: readonly SourceCoordinates[],
  ): Promise<void> {
    this.waiting.push(...waiting)
    this.cameBack.push(...cameBack)
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

export const NOW = 1_800_000_000_000

/** An orders role on these tables, at a time and with a chance that never change. */
export function optionsOn(tables: MadeUpTables): OrdersRoleOptions {
  return {
    deadLetterTopic: 'orders_dlq',
    retryTopic: 'orders_retry',
    retryPolicy: { maxRetries: 10, baseMs: 1_000, capMs: 300_000 },
    limits: LIMITS,
    crossFieldRules: 'warn',
    canary: async () => {},
    produce: async (records) => {
      tables.produced.push(...records)
      tables.log.push(`produce ${records.length}`)
    },
    now: () => NOW,
    random: () => 0.5,
    onCommitted: () => {},
  }
}
