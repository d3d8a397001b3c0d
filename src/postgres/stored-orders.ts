import type pg from 'pg'
import { canonicalBytes } from '../order/canonical.ts'
import { canonicalInstant } from '../order/instant.ts'
import type { Order } from '../order/order.ts'

/** What makes an order of its rows, once `o`, `d` and `p` are its rows. */
const PARTS = `
    row_to_json(o) as "order",
    to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as date_created,
    row_to_json(d) as delivery,
    row_to_json(p) as payment,
    (select json_agg(row_to_json(i) order by i.line) from items i where i.order_uid = o.order_uid) as items`

/** One statement, so one snapshot: the order is seen whole or not at all. */
const READ_ORDER = `
  select ${PARTS}
  from orders o
  join delivery d using (order_uid)
  join payment p using (order_uid)
  where o.order_uid = $1`

/** Orders of one transaction share stored_at, so the place of the last one is both. */
const READ_NEWEST = `
  select
    to_char(o.stored_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as stored_at,${PARTS}
  from (
    select * from orders
    where $1::timestamptz is null or (stored_at, order_uid) < ($1::timestamptz, $2::text)
    order by stored_at desc, order_uid desc
    limit $3::int
  ) o
  join delivery d using (order_uid)
  join payment p using (order_uid)
  order by o.stored_at desc, o.order_uid desc`

interface StoredRow {
  order: Omit<Order, 'delivery' | 'payment' | 'items'>
  date_created: string
  delivery: Order['delivery']
  payment: Order['payment']
  items: Order['items'] | null
}

/** Canonical bytes of a stored order, the same that were hashed when it was stored; undefined when there is none. */
export async function readStoredOrder(
  client: Pick<pg.ClientBase, 'query'>,
  uid: string,
): Promise<Buffer | undefined> {
  const { rows } = await client.query<StoredRow>({ name: 'read-order', text: READ_ORDER, values: [uid] })
  const [row] = rows
  return row && canonicalOf(row)
}

/** Where a page of the newest orders ended. */
export interface NewestPlace {
  readonly storedAt: string
  readonly uid: string
}

export interface NewestOrder extends NewestPlace {
  /** Its canonical bytes; made when they are asked for. */
  readonly canonical: () => Buffer
}

/** The newest orders behind `after`, at most `limit`, newest first. */
export async function readNewestOrders(
  client: Pick<pg.ClientBase, 'query'>,
  after: NewestPlace | undefined,
  limit: number,
): Promise<NewestOrder[]> {
  const { rows } = await client.query<StoredRow & { stored_at: string }>({
    text: READ_NEWEST,
    values: [after?.storedAt ?? null, after?.uid ?? null, limit],
  })
  return rows.map((row) => ({
    storedAt: row.stored_at,
    uid: row.order.order_uid,
    canonical: () => canonicalOf(row),
  }))
}

function canonicalOf({ order, date_created: date, delivery, payment, items }: StoredRow): Buffer {
  return canonicalBytes({
    ...order,
    date_created: canonicalInstant(date) ?? date,
    delivery,
    payment,
    items: items ?? [],
  })
}
