import type { Pool, PoolClient } from './database.ts'

/** Where a page of the newest orders ended. */
export interface NewestPlace {
  readonly storedAt: string
  readonly uid: string
}

export interface NewestOrder extends NewestPlace {
  /** As it was stored; of an older version of the canonical form it is not that of `canonical`. */
  readonly contentHash: Buffer
  /** Its canonical bytes; made when they are asked for. */
  readonly canonical: () => Buffer
}

type OrderRow = [uid: string, storedAt: string, contentHash: Buffer, head: string, tail: string]

/**
 * The parts of the canonical form, as the server writes them: it escapes a text as JSON.stringify does. The
 * order's own fields stand before and behind the others. Orders of one transaction share stored_at, so the
 * place of the last one is both.
 */
const ORDERS = `
  select
    orders.order_uid, to_char(stored_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), content_hash,
    row_to_json(head)::text, row_to_json(tail)::text
  from orders,
    lateral (select order_uid, track_number, entry) head,
    lateral (
      select
        locale, internal_signature, customer_id, delivery_service, shardkey, sm_id,
        rtrim(rtrim(to_char(date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z' as date_created,
        oof_shard
    ) tail
  where $1::timestamptz is null or (stored_at, orders.order_uid) < ($1::timestamptz, $2::text)
  order by stored_at desc, orders.order_uid desc
  limit $3::int`

const DELIVERIES = `
  select order_uid, row_to_json(part)::text
  from delivery, lateral (select name, phone, zip, city, address, region, email) part
  where order_uid = any ($1::text[])`

const PAYMENTS = `
  select order_uid, row_to_json(part)::text
  from payment, lateral (
    select
      transaction, request_id, currency, provider, amount, payment_dt, bank, delivery_cost, goods_total, custom_fee
  ) part
  where order_uid = any ($1::text[])`

const ITEMS = `
  select order_uid, string_agg(row_to_json(part)::text, ',' order by line)
  from items, lateral (
    select chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand, status
  ) part
  where order_uid = any ($1::text[])
  group by order_uid`

/**
 * The newest orders behind `after`, at most `limit`, newest first; those of which a part is missing are left
 * out. A set at a time costs the server a quarter of what reading each
 * order with its parts does, and one snapshot shows each order whole or not at all.
 */
export async function readNewestOrders(
  pool: Pool,
  after: NewestPlace | undefined,
  limit: number,
): Promise<NewestOrder[]> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin isolation level repeatable read read only')
    const page = await readPage(client, after, limit)
    await client.query('commit')
    return page
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(broken)
  }
}

async function readPage(
  client: PoolClient,
  after: NewestPlace | undefined,
  limit: number,
): Promise<NewestOrder[]> {
  const { rows: orders } = await client.query<OrderRow>({
    text: ORDERS,
    values: [after?.storedAt ?? null, after?.uid ?? null, limit],
    rowMode: 'array',
  })
  const uids = orders.map(([uid]) => uid)
  const deliveries = await partsOf(client, DELIVERIES, uids)
  const payments = await partsOf(client, PAYMENTS, uids)
  const items = await partsOf(client, ITEMS, uids)
  return orders.flatMap(([uid, storedAt, contentHash, head, tail]) => {
    const [delivery, payment, item] = [deliveries.get(uid), payments.get(uid), items.get(uid)]
    if (delivery === undefined || payment === undefined || item === undefined) return []
    const canonical = (): Buffer =>
      Buffer.from(
        `${head.slice(0, -1)},"delivery":${delivery},"payment":${payment},"items":[${item}],${tail.slice(1)}`,
      )
    return [{ uid, storedAt, contentHash, canonical }]
  })
}

async function partsOf(
  client: PoolClient,
  text: string,
  uids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<[uid: string, part: string]>({ text, values: [uids], rowMode: 'array' })
  return new Map(rows)
}
