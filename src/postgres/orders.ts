import { microsecondsSince2000 } from '../order/instant.ts'
import { copyInto } from './copy-rows.ts'
import type { Connection } from './database.ts'
import type { NewOrder, OrdersTransaction, StoredUnder } from '../pipeline/orders-role.ts'
import { bytesColumn, int4Column, int8Column, textColumn, timestampColumn } from './binary-columns.ts'
import {
  COPY_DELIVERY,
  COPY_ITEMS,
  COPY_ORDERS,
  COPY_PAYMENT,
  deliveryRows,
  itemRows,
  orderRows,
  paymentRows,
} from './order-rows.ts'
import { showRetrying } from './retrying.ts'
import { storeEach } from './store-each.ts'
import { readStoredOrder } from './stored-orders.ts'

const INSERT_ORDERS = `
  insert into orders (
    order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
    sm_id, date_created, oof_shard, content_hash, source_topic_id, source_partition, source_offset
  )
  select
    order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
    sm_id, date_created, oof_shard, content_hash, $13::uuid, source_partition, source_offset
  from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::int8[], $10::timestamptz[], $11::text[], $12::bytea[], $14::int4[], $15::int8[]
  ) as t (
    order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
    sm_id, date_created, oof_shard, content_hash, source_partition, source_offset
  )
  on conflict (order_uid) do nothing
  returning order_uid`

/** Somebody who holds a row's lock for longer is found by time-outs of this length, one for each halving. */
const BEGIN_APART = `set local lock_timeout = '250ms'; set local statement_timeout = '5s'; savepoint apart`
/** A deferred constraint would fail at the commit, where nobody knows any more which order it was. */
const END_APART = 'set constraints all immediate; release savepoint apart; savepoint apart'
/** The savepoint stays, for the next unit. */
const UNDO_APART = 'rollback to savepoint apart'

const READ_HASHES = 'select order_uid, content_hash from orders where order_uid = any ($1::text[])'

/**
 * How a batch's orders get in. Each way costs more than the one before it, and stands more: `copy` takes for
 * granted that all of them are new, `look` reads first which ones are, `insert` also waits for whoever stores one
 * of them at the same time. The first two fail with a unique violation where they are wrong.
 */
export type Way = 'copy' | 'look' | 'insert'

/** So many orders in a row that were new, and the next ones are taken for new as well. */
const NEW_IN_A_ROW = 20_000

/**
 * The writes of the orders role for batch after batch. `violations` is how often the same batch has just failed
 * by a unique violation.
 */
export function ordersTransactions(
  newInARow = NEW_IN_A_ROW,
): (client: Connection, violations: number) => OrdersTransaction {
  let inARow = 0
  return (client, violations) => {
    if (violations > 0) inARow = 0
    const way = violations > 1 ? 'insert' : inARow < newInARow ? 'look' : 'copy'
    const transaction = ordersTransaction(client, way)
    return {
      ...transaction,
      insertOrders: async (orders, sourceTopicId) => {
        const known = await transaction.insertOrders(orders, sourceTopicId)
        inARow = orders.every(({ content }) => known.get(content.uid)?.inserted) ? inARow + orders.length : 0
        return known
      },
    }
  }
}

/** The writes of the orders role on a transaction's connection. */
export function ordersTransaction(client: Connection, way: Way): OrdersTransaction {
  let begun = false
  const apart = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!begun) await client.query(BEGIN_APART)
    begun = true
    try {
      const result = await work()
      await client.query(END_APART)
      return result
    } catch (error) {
      await client.query(UNDO_APART)
      throw error
    }
  }
  return {
    insertOrders: async (orders, sourceTopicId) => {
      const known =
        way === 'insert'
          ? await insertUntilKnown(client, orders, sourceTopicId)
          : await copyUnknown(client, orders, sourceTopicId, way === 'look')
      await insertParts(client, orders, known)
      return known
    },
    insertApart: (orders, sourceTopicId) =>
      apart(async () => {
        const known = await insertUntilKnown(client, orders, sourceTopicId)
        await insertParts(client, orders, known)
        return known
      }),
    insertEach: (orders, sourceTopicId) =>
      apart(async () => {
        const stored = await storeEach(client, orders, sourceTopicId)
        if (stored === undefined) return undefined
        const { inserted, refused } = stored
        const rest = orders.filter(({ content: { uid } }) => !inserted.has(uid) && !refused.has(uid))
        const known = rest.length === 0 ? new Map<string, StoredUnder>() : await readHashes(client, rest)
        for (const uid of inserted) known.set(uid, { inserted: true })
        return { known, refused }
      }),
    showRetrying: (waiting, cameBack) => showRetrying(client, waiting, cameBack),
    canonicalOrder: (uid) => readStoredOrder(client, uid),
  }
}

async function copyUnknown(
  client: Connection,
  orders: readonly NewOrder[],
  sourceTopicId: string,
  looks: boolean,
): Promise<Map<string, StoredUnder>> {
  const known = looks ? await readHashes(client, orders) : new Map<string, StoredUnder>()
  const unknown = orders.filter(({ content }) => !known.has(content.uid))
  if (unknown.length > 0) await copyInto(client, COPY_ORDERS, orderRows(unknown, sourceTopicId))
  for (const { content } of unknown) known.set(content.uid, { inserted: true })
  return known
}

async function readHashes(
  client: Connection,
  orders: readonly NewOrder[],
): Promise<Map<string, StoredUnder>> {
  const uids = textColumn(orders, ({ content }) => content.uid)
  const { rows } = await client.query<{ order_uid: string; content_hash: Buffer }>({
    name: 'read-hashes',
    text: READ_HASHES,
    values: [uids],
  })
  return new Map(rows.map((row) => [row.order_uid, { inserted: false, contentHash: row.content_hash }]))
}

/**
 * `on conflict do nothing` does not return what was there, and only a later statement sees what another
 * transaction committed meanwhile. An order that is in neither was erased in between: it is inserted again.
 */
async function insertUntilKnown(
  client: Connection,
  orders: readonly NewOrder[],
  sourceTopicId: string,
): Promise<Map<string, StoredUnder>> {
  const known = new Map<string, StoredUnder>()
  let unknown = orders
  while (unknown.length > 0) {
    const values = orderColumns(unknown, sourceTopicId)
    const inserted = await client.query<{ order_uid: string }>({
      name: 'insert-orders',
      text: INSERT_ORDERS,
      values,
    })
    for (const { order_uid: uid } of inserted.rows) known.set(uid, { inserted: true })
    unknown = unknown.filter(({ content }) => !known.has(content.uid))
    if (unknown.length === 0) break
    for (const [uid, stored] of await readHashes(client, unknown)) known.set(uid, stored)
    unknown = unknown.filter(({ content }) => !known.has(content.uid))
  }
  return known
}

/** Of orders that were inserted just now, so none of their parts can be there. */
async function insertParts(
  client: Connection,
  orders: readonly NewOrder[],
  known: ReadonlyMap<string, StoredUnder>,
): Promise<void> {
  const inserted = orders.filter(({ content }) => known.get(content.uid)?.inserted === true)
  if (inserted.length === 0) return
  await copyInto(client, COPY_DELIVERY, deliveryRows(inserted))
  await copyInto(client, COPY_PAYMENT, paymentRows(inserted))
  await copyInto(client, COPY_ITEMS, itemRows(inserted))
}

function orderColumns(rows: readonly NewOrder[], sourceTopicId: string): (Buffer | string)[] {
  return [
    textColumn(rows, ({ content }) => content.uid),
    textColumn(rows, ({ content: { order } }) => order.track_number),
    textColumn(rows, ({ content: { order } }) => order.entry),
    textColumn(rows, ({ content: { order } }) => order.locale),
    textColumn(rows, ({ content: { order } }) => order.internal_signature),
    textColumn(rows, ({ content: { order } }) => order.customer_id),
    textColumn(rows, ({ content: { order } }) => order.delivery_service),
    textColumn(rows, ({ content: { order } }) => order.shardkey),
    int8Column(rows, ({ content: { order } }) => order.sm_id),
    timestampColumn(rows, ({ content: { order } }) => microsecondsSince2000(order.date_created)),
    textColumn(rows, ({ content: { order } }) => order.oof_shard),
    bytesColumn(rows, ({ content }) => content.contentHash),
    sourceTopicId,
    int4Column(rows, ({ sourcePartition }) => sourcePartition),
    int8Column(rows, ({ sourceOffset }) => sourceOffset),
  ]
}
