import type { Pool } from './database.ts'
import { instantOf, instantText, pageOf, type Page, type PageRequest } from './pages.ts'

export interface OrdersFilter {
  readonly uid?: string
  readonly track_number?: string
  readonly customer_id?: string
  /** Stored at this instant or later, and before that one. */
  readonly from?: string
  readonly to?: string
}

interface ListedOrder {
  readonly order_uid: string
  readonly track_number: string
  readonly customer_id: string
  readonly delivery_service: string
  readonly date_created: string
  readonly stored_at: string
  readonly amount: number
  readonly currency: string
  readonly items_count: number
}

/** Without a name, so that it is planned for the filters that are given: those that are null fall away. */
const LIST = `
  select
    o.order_uid, o.track_number, o.customer_id, o.delivery_service,
    ${instantText('o.date_created')} as date_created, ${instantText('o.stored_at')} as stored_at,
    p.amount::float8 as amount, p.currency,
    (select count(*)::int from items i where i.order_uid = o.order_uid) as items_count
  from (
    select * from orders
    where ($1::text is null or order_uid = $1)
      and ($2::text is null or track_number = $2)
      and ($3::text is null or customer_id = $3)
      and ($4::timestamptz is null or stored_at >= $4)
      and ($5::timestamptz is null or stored_at < $5)
      and ($6::timestamptz is null or (stored_at, order_uid) < ($6, $7::text))
    order by stored_at desc, order_uid desc
    limit $8::int
  ) o
  join payment p using (order_uid)
  order by o.stored_at desc, o.order_uid desc`

/** Newest first. The key of a row is [stored_at, order_uid]. */
export async function listOrders(
  pool: Pool,
  filter: OrdersFilter,
  { limit, after = [] }: PageRequest,
): Promise<Page<ListedOrder>> {
  const { uid, track_number: trackNumber, customer_id: customerId, from, to } = filter
  const [storedAt, lastUid] = after
  const values = [uid, trackNumber, customerId, from, to, storedAt, lastUid, limit + 1]
  const { rows } = await pool.query<ListedOrder>(
    LIST,
    values.map((value) => value ?? null),
  )
  return pageOf(rows, limit, inCanonicalForm, (row) => [row.stored_at, row.order_uid])
}

function inCanonicalForm(row: ListedOrder): ListedOrder {
  return { ...row, date_created: instantOf(row.date_created), stored_at: instantOf(row.stored_at) }
}
