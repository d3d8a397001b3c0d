import {
  ascii,
  BEFORE_ITEMS,
  DELIVERY,
  HEAD,
  ITEM,
  PAYMENT,
  TAIL,
  type Part,
} from '../order/canonical-layout.ts'
import { CanonicalWriter } from '../order/canonical-writer.ts'
import { copyOut, type CopiedRows } from './copy-out.ts'
import type { Pool, PoolClient } from './database.ts'
import { columnsOf } from './order-columns.ts'

/** Where a page of the newest orders ended: orders of one transaction share the time, so it is both. */
export interface NewestPlace {
  /** Whole seconds since 1970, and the microseconds of that second. */
  readonly storedAt: readonly [epochSecond: number, micros: number]
  readonly uid: string
}

export interface NewestOrder extends NewestPlace {
  /** Its canonical bytes; made when they are asked for. */
  readonly canonical: () => Buffer
}

/**
 * One snapshot shows each order whole or not at all. Left to itself, the planner takes a page for large enough
 * to go through whole tables for it, and the next page through all of them once more.
 */
const BEGIN = `
  begin isolation level repeatable read read only;
  set local enable_seqscan = off;
  set local enable_hashjoin = off;
  set local enable_mergejoin = off;
  set local max_parallel_workers_per_gather = 0;
  set local jit = off`

/** Columns have the names of the fields. They travel in the order in which the canonical form has them. */
const ORDER_COLUMNS = [
  'o.stored_at',
  ...columnsOf(HEAD, 'o'),
  ...columnsOf(DELIVERY, 'd'),
  ...columnsOf(PAYMENT, 'p'),
  ...columnsOf(TAIL, 'o'),
].join(', ')
const ITEM_COLUMNS = ['o.order_uid', ...columnsOf(ITEM, 'i')].join(', ')

/**
 * The newest orders behind `after`, at most `limit`, newest first; those of which a part is missing are left out.
 */
export async function readNewestOrders(
  pool: Pool,
  after: NewestPlace | undefined,
  limit: number,
): Promise<NewestOrder[]> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(BEGIN)
    const page = await readPage(client, pageOf(client, after, limit))
    await client.query('commit')
    return page
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(broken)
  }
}

/** A statement of COPY takes no parameters. */
function pageOf(client: PoolClient, after: NewestPlace | undefined, limit: number): string {
  const behind =
    after === undefined
      ? ''
      : `where (stored_at, order_uid) < (
          timestamptz '1970-01-01T00:00:00Z' + interval '${after.storedAt.join(' seconds ')} microseconds',
          ${client.escapeLiteral(after.uid)}
        )`
  return `select * from orders ${behind} order by stored_at desc, order_uid desc limit ${limit}`
}

async function readPage(client: PoolClient, page: string): Promise<NewestOrder[]> {
  const orders = await copyOut(
    client,
    `copy (
      select ${ORDER_COLUMNS}
      from (${page}) o
      left join delivery d on d.order_uid = o.order_uid
      left join payment p on p.order_uid = o.order_uid
      order by o.stored_at desc, o.order_uid desc
    ) to stdout (format binary)`,
  )
  const items = await copyOut(
    client,
    `copy (
      select ${ITEM_COLUMNS}
      from (${page}) o
      join items i on i.order_uid = o.order_uid
      order by o.stored_at desc, o.order_uid desc, i.line
    ) to stdout (format binary)`,
  )
  return ordersIn(orders, items)
}

/** Both come in the same order, so that they are gone through side by side. */
function ordersIn(orders: CopiedRows, items: CopiedRows): NewestOrder[] {
  const found: NewestOrder[] = []
  let itemUid = nextItem(items)
  for (let fields = orders.row(); fields >= 0; fields = orders.row()) {
    orders.instant()
    const storedAt = [orders.epochSecond, orders.micros] as const
    const at = orders.at
    const uid = orders.text()
    let isWhole = true
    for (let left = fields - 2; left > 0; left--) isWhole = orders.field() && isWhole
    const itemsAt = items.at
    let itemCount = 0
    while (itemUid === uid) {
      for (let left = ITEM.steps.length; left > 0; left--) items.field()
      itemUid = nextItem(items)
      itemCount++
    }
    if (!isWhole) continue
    found.push({
      uid,
      storedAt,
      canonical: () => {
        orders.seek(at)
        items.seek(itemsAt)
        return canonicalOf(orders, items, itemCount)
      },
    })
  }
  if (itemUid !== undefined) throw new Error('an item came before its order')
  return found
}

/** The uid of the order that the next item is of; undefined when there are no more. */
function nextItem(items: CopiedRows): string | undefined {
  return items.row() >= 0 ? items.text() : undefined
}

const CLOSE = ascii('}')
const NEXT_ITEM = ascii(',')
const writer = new CanonicalWriter()

/** From the first field of an order and of its first item on. */
function canonicalOf(order: CopiedRows, items: CopiedRows, itemCount: number): Buffer {
  writePart(HEAD, order)
  writePart(DELIVERY, order)
  writePart(PAYMENT, order)
  writer.literal(BEFORE_ITEMS)
  for (let index = 0; index < itemCount; index++) {
    if (index > 0) {
      writer.literal(NEXT_ITEM)
      nextItem(items)
    }
    writePart(ITEM, items)
    writer.literal(CLOSE)
  }
  writePart(TAIL, order)
  writer.literal(CLOSE)
  return writer.take()
}

function writePart({ steps }: Part, rows: CopiedRows): void {
  for (const { lead, kind } of steps) {
    writer.literal(lead)
    if (kind === 'integer') writer.integer(rows.int8())
    else if (kind === 'instant') {
      rows.instant()
      writer.instant(rows.epochSecond, rows.micros)
    } else {
      rows.field()
      writer.text(rows.bytes, rows.start, rows.end)
    }
  }
}
