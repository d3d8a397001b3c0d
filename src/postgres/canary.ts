import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { contentOf } from '../order/order-content.ts'
import type { Order } from '../order/order.ts'
import type { NewOrder } from '../pipeline/orders-role.ts'
import { ordersTransaction } from './orders.ts'

const CONNECT_WITHIN_MS = 2_000
/** Short: who asks may hold a transaction open, which the server ends after 5 s. */
const LOCK_TIMEOUT_MS = 1_000
const STATEMENT_TIMEOUT_MS = 2_000
const ALL_WITHIN_MS = 4_000

const NO_TOPIC = '00000000-0000-0000-0000-000000000000'

/**
 * Writes a valid order to the four tables as a batch does, on a connection of its own, and rolls it back.
 * Rejects with what the database refused it with: then whatever else it refuses is not at fault.
 */
export async function sendCanary(dsn: string): Promise<void> {
  const client = new Client({
    connectionString: dsn,
    application_name: 'sluice-canary',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ALL_WITHIN_MS,
  })
  // Without a listener, a connection that dies would end the process.
  client.on('error', () => {})
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('the database did not answer in time')), ALL_WITHIN_MS)
  try {
    await Promise.race([write(client), late])
  } finally {
    clearTimeout(timer)
    // A server that does not answer is not waited for again.
    void client.end().catch(() => {})
  }
}

async function write(client: Client): Promise<void> {
  await client.connect()
  await client.query('begin isolation level read committed')
  await ordersTransaction(client, 'look').insertOrders([canary()], NO_TOPIC)
  await client.query('set constraints all immediate; rollback')
}

/** Its uid is one that validation refuses, so no record can ever have it. */
function canary(): NewOrder {
  const id = `#canary/${randomUUID()}`
  const order: Order = {
    order_uid: id,
    track_number: id,
    entry: 'CANARY',
    delivery: {
      name: 'Canary',
      phone: '+10000000000',
      zip: '10000',
      city: 'City',
      address: 'Street 1',
      region: 'Region',
      email: 'canary@example.com',
    },
    payment: {
      transaction: id,
      request_id: '',
      currency: 'USD',
      provider: 'canary',
      amount: 110,
      payment_dt: 1_637_907_727,
      bank: 'bank',
      delivery_cost: 10,
      goods_total: 100,
      custom_fee: 0,
    },
    items: [
      {
        chrt_id: 1,
        track_number: id,
        price: 100,
        rid: id,
        name: 'Item',
        sale: 0,
        size: '0',
        total_price: 100,
        nm_id: 1,
        brand: 'Brand',
        status: 202,
      },
    ],
    locale: 'en',
    internal_signature: '',
    customer_id: 'canary',
    delivery_service: 'canary',
    shardkey: '1',
    sm_id: 1,
    date_created: '2021-11-26T06:22:19Z',
    oof_shard: '1',
  }
  return { content: contentOf(order), sourcePartition: 0, sourceOffset: 0 }
}
