import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { contentHash } from '../../src/order/content-hash.ts'
import { readNewestOrders, type NewestPlace } from '../../src/postgres/newest-orders.ts'
import { readStoredOrder } from '../../src/postgres/stored-orders.ts'
import { storeOrders } from '../wiring/api-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { orderWithUid } from './orders-under-test.ts'

const database = await migratedDatabase({ after })
const uids = Array.from({ length: 4 }, (_, batch) =>
  Array.from({ length: 5 }, (__, n) => `order-${batch}-${n}`),
)
for (const batch of uids)
  await storeOrders(
    database,
    batch.map((uid) => orderWithUid(uid)),
  )
const NEWEST_FIRST = uids.flat().toReversed()

for (const limit of [1, 3, 5, 100]) {
  test(`the newest orders come first and none twice, ${limit} at a time, each with the bytes of a single read`, async () => {
    const seen: string[] = []
    let place: NewestPlace | undefined
    for (;;) {
      const page = await readNewestOrders(database.pool, place, limit)
      if (page.length === 0) break
      assert.ok(page.length <= limit)
      for (const { uid, canonical } of page) {
        assert.deepEqual(canonical(), await readStoredOrder(database.pool, uid))
        seen.push(uid)
      }
      place = page.at(-1)
    }
    assert.deepEqual(seen, NEWEST_FIRST)
  })
}

test('an order of which a part is missing is passed over, and ends nothing', async (t) => {
  const own = await migratedDatabase(t)
  await storeOrders(
    own,
    ['a', 'b', 'c'].map((uid) => orderWithUid(uid)),
  )
  await own.rows(`delete from payment where order_uid = 'b'`)
  const page = await readNewestOrders(own.pool, undefined, 10)
  assert.deepEqual(
    page.map(({ uid }) => uid),
    ['c', 'a'],
  )
})

test('texts that are special to COPY are read as they are stored', async (t) => {
  const own = await migratedDatabase(t)
  const texts = [
    '\\',
    '\\N',
    '\\.',
    'a\tb\nc\rd\be\ff\vg',
    '\\\\t',
    'ж\\ю',
    '🧑‍🚀\t',
    "';--",
    '{,"}',
    '\u0001\u001f\u007f',
    'x',
  ]
  const orders = texts.map((text, n) => {
    const { delivery, items } = orderWithUid('any')
    return orderWithUid(`hostile-${n}`, {
      track_number: text,
      delivery: { ...delivery, name: text, address: text + text },
      items: [...items, ...items].map((item) => ({ ...item, name: text, brand: `${text}!` })),
    })
  })
  await storeOrders(own, orders)
  const page = await readNewestOrders(own.pool, undefined, 100)
  assert.equal(page.length, texts.length)
  for (const { uid, canonical } of page) {
    assert.equal(canonical().toString(), (await readStoredOrder(own.pool, uid))?.toString())
  }
})

test('instants of any precision and every number are written as they were hashed', async (t) => {
  const own = await migratedDatabase(t)
  const instants = [
    '0001-01-01T00:00:00Z',
    '0999-02-03T04:05:06.7Z',
    '2021-11-26T06:22:10Z',
    '2021-11-26T06:22:19.5Z',
  ].concat(['2024-02-29T23:59:59.000001Z', '2026-01-01T00:00:00.12345Z', '9999-12-31T23:59:59.999999Z'])
  const orders = instants.map((date_created, n) => {
    const { payment } = orderWithUid('any')
    return orderWithUid(`instant-${n}`, {
      date_created,
      sm_id: Number.MAX_SAFE_INTEGER,
      payment: { ...payment, amount: 0, request_id: '' },
    })
  })
  await storeOrders(own, orders)
  const page = await readNewestOrders(own.pool, undefined, 100)
  assert.equal(page.length, instants.length)
  for (const { uid, canonical, contentHash: stored } of page) {
    assert.equal(canonical().toString(), (await readStoredOrder(own.pool, uid))?.toString())
    assert.deepEqual(contentHash(canonical()), stored)
  }
})

test('no orders are no page', async (t) => {
  const own = await migratedDatabase(t)
  assert.deepEqual(await readNewestOrders(own.pool, undefined, 10), [])
})
