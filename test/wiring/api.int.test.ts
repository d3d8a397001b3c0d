import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Ledger } from '../../src/http/contract/ledger.ts'
import type { Lookup, OrderSummary, Retrying } from '../../src/http/contract/orders.ts'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { orderWithUid, TOPIC_ID } from '../postgres/orders-under-test.ts'
import { allPages, openApi, storeOrders, type List } from './api-under-test.ts'

const database = await migratedDatabase({ after })
const BATCHES = 5
const PER_BATCH = 7
const uids = Array.from({ length: BATCHES }, (_, batch) =>
  Array.from({ length: PER_BATCH }, (__, n) => `order-${batch}-${n}`),
)
for (const [batch, names] of uids.entries()) {
  const changes = (n: number) => ({ track_number: `TRACK-${n}`, customer_id: `customer-${batch}` })
  await storeOrders(
    database,
    names.map((uid, n) => orderWithUid(uid, changes(n))),
  )
}
/** By stored_at, which a batch shares, then by uid; both descending. */
const NEWEST_FIRST = uids.flat().toReversed()

for (const limit of [1, 3, 7, 8, 200]) {
  test(`orders come newest first and none twice, ${limit} to a page`, async (t) => {
    const api = await openApi(t, database)
    const pages = await allPages<OrderSummary>(api, '/api/v1/orders?', limit)
    assert.deepEqual(
      pages.flat().map((order) => order.order_uid),
      NEWEST_FIRST,
    )
    assert.ok(pages.every((page) => page.length <= limit))
    assert.ok(pages.slice(0, -1).every((page) => page.length === limit))
  })
}

test('an order that is stored while somebody turns pages shifts none of them', async (t) => {
  const own = await migratedDatabase(t)
  const api = await openApi(t, own)
  await storeOrders(
    own,
    ['a', 'b', 'c', 'd'].map((uid) => orderWithUid(uid)),
  )
  const first = await api.get<List<OrderSummary>>('/api/v1/orders?limit=2')
  await storeOrders(own, [orderWithUid('e')])
  const second = await api.get<List<OrderSummary>>(`/api/v1/orders?limit=2&cursor=${first.next}`)
  const seen = [...first.items, ...second.items].map((order) => order.order_uid)
  assert.deepEqual(seen, ['d', 'c', 'b', 'a'])
})

test('orders are found by uid, track number, customer and time, and all of them at once', async (t) => {
  const api = await openApi(t, database)
  const find = async (query: string): Promise<string[]> =>
    (await api.get<List<OrderSummary>>(`/api/v1/orders?limit=200&${query}`)).items.map(
      (order) => order.order_uid,
    )
  assert.deepEqual(await find('uid=order-2-3'), ['order-2-3'])
  assert.deepEqual(await find('uid=nobody'), [])
  assert.deepEqual(
    await find('track_number=TRACK-3'),
    NEWEST_FIRST.filter((uid) => uid.endsWith('-3')),
  )
  assert.deepEqual(await find('customer_id=customer-1'), uids[1]?.toReversed())
  assert.deepEqual(await find('customer_id=customer-1&track_number=TRACK-0'), ['order-1-0'])
  const { items } = await api.get<List<OrderSummary>>('/api/v1/orders?uid=order-2-0')
  const at = encodeURIComponent(items[0]?.stored_at ?? '')
  assert.deepEqual(
    await find(`from=${at}`),
    NEWEST_FIRST.filter((uid) => uid >= 'order-2-'),
  )
  assert.deepEqual(
    await find(`to=${at}`),
    NEWEST_FIRST.filter((uid) => uid < 'order-2-'),
  )
  assert.deepEqual(await find(`from=${at}&to=${at}`), [])
})

test('a list says what an order is about, and nothing about a person', async (t) => {
  const api = await openApi(t, database)
  const order = orderWithUid('order-0-0')
  const response = await fetch(`${api.url}/api/v1/orders?uid=order-0-0`)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const { items } = (await response.json()) as List<OrderSummary>
  assert.deepEqual(Object.keys(items[0] ?? {}).toSorted(), [
    'amount',
    'currency',
    'customer_id',
    'date_created',
    'delivery_service',
    'items_count',
    'order_uid',
    'stored_at',
    'track_number',
  ])
  assert.equal(items[0]?.amount, order.payment.amount)
  assert.equal(items[0]?.items_count, order.items.length)
  assert.equal(items[0]?.date_created, order.date_created)
})

test('a stored order is the same bytes from the database, from the cache, and with the cache off', async (t) => {
  const expected = canonicalBytes(
    orderWithUid('order-3-1', { track_number: 'TRACK-1', customer_id: 'customer-3' }),
  )
  const [cached, uncached] = [await openApi(t, database), await openApi(t, database, 0)]
  const tags = new Set<string | null>()
  for (const url of [cached.url, cached.url, uncached.url, uncached.url]) {
    const response = await fetch(`${url}/orders/order-3-1`)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), expected)
    tags.add(response.headers.get('etag'))
  }
  assert.equal(tags.size, 1)
})

test('a look-up tells all three places, and nothing of an order that nobody knows', async (t) => {
  const api = await openApi(t, database)
  const nobody = await api.get<Lookup>('/api/v1/lookup/nobody')
  assert.deepEqual(nobody, { order_uid: 'nobody', stored: null, retrying: [], dead_letters: [], unread: 0 })
  await database.rows(
    `insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, seen_end, written_by)
     values ('g', $1, 0, 'orders', 0, 0, 7, ''), ('g', $1, 1, 'orders', 4, 4, 4, '')`,
    [TOPIC_ID],
  )
  assert.equal((await api.get<Lookup>('/api/v1/lookup/nobody')).unread, 7)
  const before = await api.get<Lookup>('/api/v1/lookup/order-0-2')
  assert.equal(before.stored?.cached, false)
  assert.deepEqual(before.stored?.source, { topic_id: TOPIC_ID, partition: 0, offset: 2 })
  await fetch(`${api.url}/orders/order-0-2`)
  assert.equal((await api.get<Lookup>('/api/v1/lookup/order-0-2')).stored?.cached, true)
})

test('a record that waits for its next attempt is found by uid and listed by when it is due', async (t) => {
  const own = await migratedDatabase(t)
  const api = await openApi(t, own)
  await own.rows(
    `insert into retrying (source_topic_id, source_partition, source_offset, topic, order_uid, retry, not_before,
       first_failed_at, error_type, error_message)
     select $1, n % 2, n, 'orders', 'waits-' || n, 3, timestamptz '2026-01-01' + n / 2 * interval '1 minute',
       '2025-12-31', 'timeout', 'took too long'
     from generate_series(0, 9) n`,
    [TOPIC_ID],
  )
  const { retrying } = await api.get<Lookup>('/api/v1/lookup/waits-4')
  assert.deepEqual(retrying, [
    {
      topic: 'orders',
      partition: 0,
      offset: 4,
      order_uid: 'waits-4',
      retry: 3,
      retry_max: 10,
      not_before: '2026-01-01T00:02:00Z',
      first_failed_at: '2025-12-31T00:00:00Z',
      error_type: 'timeout',
      error_message: 'took too long',
    },
  ])
  const pages = await allPages<Retrying>(api, '/api/v1/retrying?', 3)
  assert.deepEqual(
    pages.flat().map(({ offset }) => offset),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

test('the ledger shows every account of every row, and what is unaccounted', async (t) => {
  const own = await migratedDatabase(t)
  const api = await openApi(t, own)
  await own.rows(
    `insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, stored, duplicates,
       absent, seen_end) values ('g', $1, 0, 'orders', 5, 15, 7, 2, 1, 20)`,
    [TOPIC_ID],
  )
  const { items, unaccounted } = await api.get<Ledger>('/api/v1/ledger')
  assert.equal(unaccounted, 0)
  const { updated_at: updatedAt, ...row } = items[0] ?? assert.fail('no row')
  assert.match(updatedAt, /^20\d\d-.*Z$/)
  assert.deepEqual(row, {
    consumer_group: 'g',
    topic: 'orders',
    topic_id: TOPIC_ID,
    partition: 0,
    origin: 5,
    next_offset: 15,
    seen_end: 20,
    lag: 5,
    stored: 7,
    duplicates: 2,
    retried: 0,
    dead_lettered: 0,
    forwarded: 0,
    archived: 0,
    reopened: 0,
    expired: 0,
    absent: 1,
    skipped: 0,
    rewound: 0,
    unaccounted: 0,
  })
})
