import type { Client } from 'pg'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { contentHash } from '../../src/order/content-hash.ts'
import { canonicalInstant } from '../../src/order/instant.ts'
import type { Order } from '../../src/order/order.ts'
import { rowsOf } from './database.ts'
import type { StoredOrder } from './evidence.ts'

/**
 * All parts of all orders. Parts are grouped before they are joined: this must also show rows that are there
 * twice, and be quick where an index is missing.
 */
const ORDERS = `
  select
    o.order_uid as uid,
    encode(o.content_hash, 'hex') as claimed,
    row_to_json(o) as head,
    to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as date_created,
    coalesce(d.count, 0) as deliveries,
    d.one as delivery,
    coalesce(p.count, 0) as payments,
    p.one as payment,
    i.all as items
  from orders o
  left join (
    select order_uid, count(*)::int as count, (array_agg(row_to_json(delivery)))[1] as one
    from delivery group by order_uid
  ) d using (order_uid)
  left join (
    select order_uid, count(*)::int as count, (array_agg(row_to_json(payment)))[1] as one
    from payment group by order_uid
  ) p using (order_uid)
  left join (
    select order_uid, json_agg(row_to_json(items) order by line) as all from items group by order_uid
  ) i using (order_uid)`
const ORDERS_AT_ONCE = 1_000

interface OrderRow {
  uid: string
  claimed: string
  head: Omit<Order, 'delivery' | 'payment' | 'items'>
  date_created: string
  deliveries: number
  delivery: Order['delivery'] | null
  payments: number
  payment: Order['payment'] | null
  items: (Order['items'][number] & { line: number })[] | null
}

/**
 * Every stored order, and the content that its rows give: read by a statement of our own, spelled and hashed by
 * the service's own canonical form, which alone says what the same content is.
 */
export async function collectOrders(client: Client): Promise<StoredOrder[]> {
  const orders: StoredOrder[] = []
  for await (const row of rowsOf<OrderRow>(client, ORDERS, ORDERS_AT_ONCE)) {
    const { uid, claimed, deliveries, payments } = row
    orders.push({ uid, claimed, content: contentOf(row), deliveries, payments })
  }
  return orders
}

/** Undefined when a part is missing, or the items are not numbered from 1. */
function contentOf({ head, date_created: date, delivery, payment, items }: OrderRow): string | undefined {
  if (delivery === null || payment === null || items === null) return undefined
  if (items.some(({ line }, index) => line !== index + 1)) return undefined
  const instant = canonicalInstant(date)
  if (instant === undefined) return undefined
  return contentHash(canonicalBytes({ ...head, date_created: instant, delivery, payment, items })).toString(
    'hex',
  )
}
