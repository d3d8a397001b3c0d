import type pg from 'pg'
import { canonicalBytes } from '../order/canonical.ts'
import { DELIVERY, HEAD, ITEM, PAYMENT, TAIL } from '../order/canonical-layout.ts'
import { canonicalInstant } from '../order/instant.ts'
import type { Order } from '../order/order.ts'
import { columnsOf } from './order-columns.ts'

/** A row of these columns as JSON. By name, so that a table with other columns is an error and not another order. */
function jsonOf(columns: readonly string[]): string {
  return `(select row_to_json(r) from (select ${columns.join(', ')}) r)`
}

/** One statement, so one snapshot: the order is seen whole or not at all. */
const READ_ORDER = `
  select
    ${jsonOf([...columnsOf(HEAD, 'o'), ...columnsOf(TAIL, 'o')])} as "order",
    to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as date_created,
    ${jsonOf(columnsOf(DELIVERY, 'd'))} as delivery,
    ${jsonOf(columnsOf(PAYMENT, 'p'))} as payment,
    (
      select json_agg(${jsonOf(columnsOf(ITEM, 'i'))} order by i.line)
      from items i where i.order_uid = o.order_uid
    ) as items
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
