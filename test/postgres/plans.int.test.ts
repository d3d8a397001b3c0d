import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ordersTransaction } from '../../src/postgres/orders.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { newOrder, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

/** A server plans a prepared statement anew a few times before it keeps a plan. */
const BATCHES = 20
const ORDERS = 10

const database = await migratedDatabase({ after })

test('storing goes through no table, also when its statements were prepared while all were empty', async () => {
  await database.rows('alter table orders set (autovacuum_enabled = false)')
  const before = await scansOfOrders()
  for (let batch = 0; batch < BATCHES; batch++) {
    const orders = Array.from({ length: ORDERS }, () => newOrder(orderWithUid(uniqueName('plan'))))
    await database.transaction((client) => ordersTransaction(client, 'look').insertOrders(orders, TOPIC_ID))
  }
  // The server counts them when the connection has nothing else to do.
  const counted = async () => (await scansOfOrders()).inserted === before.inserted + BATCHES * ORDERS
  await waitUntil(counted, { deadlineMs: 10_000, what: 'all orders are counted' })
  assert.equal((await scansOfOrders()).scans, before.scans)
})

async function scansOfOrders(): Promise<{ scans: number; inserted: number }> {
  const [row] = await database.rows<{ scans: string; inserted: string }>(
    `select seq_scan as scans, n_tup_ins as inserted from pg_stat_user_tables where relname = 'orders'`,
  )
  return { scans: Number(row?.scans), inserted: Number(row?.inserted) }
}
