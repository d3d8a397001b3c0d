import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listDeadLetters } from '../../src/postgres/list-dead-letters.ts'
import { listOrders } from '../../src/postgres/list-orders.ts'
import { lookUp } from '../../src/postgres/look-up.ts'
import { readNewestOrders } from '../../src/postgres/newest-orders.ts'
import { waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'

const ROWS = 20_000
const database = await migratedDatabase({ after })

/** So many that going through all of them is not the cheapest way to find one. */
const FILL = [
  `insert into orders select 'uid-' || n, 'track-' || n, 'WBIL', 'en', '', 'customer-' || n % 1000, 'meest', '9', 99,
     '2026-01-01', '1', '\\x00', timestamptz '2026-01-01' + n / 1000 * interval '1 second', gen_random_uuid(), 0, n
   from generate_series(1, ${ROWS}) n`,
  `insert into delivery select 'uid-' || n, '', '', '', '', '', '', '' from generate_series(1, ${ROWS}) n`,
  `insert into payment select 'uid-' || n, '', '', 'USD', '', 1, 1, '', 1, 1, 1 from generate_series(1, ${ROWS}) n`,
  `insert into dlq (entry, topic, source_topic_id, source_partition, source_offset, digest, key, headers, error_type,
     error_message, error_stage, attempts, created_at, last_failed_at)
   select gen_random_uuid(), 'orders', gen_random_uuid(), 0, n, '\\x00', convert_to('uid-' || n, 'UTF8'), '[]', 'conflict',
     '', 'store', 1, timestamptz '2026-01-01' + n * interval '1 second', '2026-01-01'
   from generate_series(1, ${ROWS}) n`,
  `insert into retrying select gen_random_uuid(), 0, n, 'orders', 'uid-' || n, 1, '2026-01-01', '2026-01-01', 'timeout', ''
   from generate_series(1, ${ROWS}) n`,
  'analyze',
]
for (const statement of FILL) await database.rows(statement)

const PAGE = { limit: 50, after: undefined }
const { pool } = database

for (const [question, index, ask] of [
  ['the newest orders', 'orders_stored_at', () => listOrders(pool, {}, PAGE)],
  [
    'the page after',
    'orders_stored_at',
    () => listOrders(pool, {}, { limit: 50, after: ['2026-01-01T00:00:09Z', 'uid-9500'] }),
  ],
  ['orders of a time', 'orders_stored_at', () => listOrders(pool, { to: '2026-01-01T00:00:02Z' }, PAGE)],
  ['a track number', 'orders_track_number', () => listOrders(pool, { track_number: 'track-77' }, PAGE)],
  ['a customer', 'orders_customer_id', () => listOrders(pool, { customer_id: 'customer-77' }, PAGE)],
  ['what to warm up with', 'orders_stored_at', () => readNewestOrders(pool, undefined, 100)],
  ['where their deliveries are', 'delivery_pkey', () => readNewestOrders(pool, undefined, 2_000)],
  ['where their payments are', 'payment_pkey', () => readNewestOrders(pool, undefined, 2_000)],
  ['where their items are', 'items_pkey', () => readNewestOrders(pool, undefined, 2_000)],
  ['the newest dead letters', 'dlq_created_at', () => listDeadLetters(pool, {}, PAGE)],
  ['dead letters of a uid', 'dlq_key', () => listDeadLetters(pool, { uid: 'uid-77' }, PAGE)],
  ['where an order is', 'retrying_order_uid', () => lookUp(pool, 'uid-77')],
] as const) {
  test(`${question} is answered by the index ${index}, not by going through the table`, async () => {
    const [table = ''] = index.split('_')
    const before = await scans(index, table)
    await ask()
    const used = async () => (await scans(index, table)).index > before.index
    await waitUntil(used, { deadlineMs: 5_000, what: `${index} is used` })
    assert.equal((await scans(index, table)).table, before.table)
  })
}

/** The server counts them when a connection has nothing else to do. */
async function scans(index: string, table: string): Promise<{ index: number; table: number }> {
  const [row] = await database.rows<{ index: string; table: string }>(
    `select (select idx_scan from pg_stat_user_indexes where indexrelname = $1) as index,
       (select seq_scan from pg_stat_user_tables where relname = $2) as table`,
    [index, table],
  )
  return { index: Number(row?.index), table: Number(row?.table) }
}
