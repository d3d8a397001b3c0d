import type pg from 'pg'
import { canonicalBytes } from '../order/canonical.ts'
import { canonicalInstant } from '../order/instant.ts'
import type { Order } from '../order/order.ts'

/** One statement, so one snapshot: the order is seen whole or not at all. */
const READ_ORDER = `
  select
    row_to_json(o) as "order",
    to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as date_created,
    row_to_json(d) as delivery,
    row_to_json(p) as payment,
    (select json_agg(row_to_json(i) order by i.line) from items i where i.order_uid = o.order_uid) as items
  from orders o
  join delivery d using (order_uid)
  join payment p using (order_uid)
  where o.order_uid = $1`

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

function canonicalOf({ order, date_created: date, delivery, payment, items }: StoredRow): Buffer {
  return canonicalBytes({
    ...order,
    date_created: canonicalInstant(date) ?? date,
    delivery,
    payment,
    items: items ?? [],
  })
}
