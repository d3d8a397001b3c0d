import assert from 'node:assert/strict'
import { after, test } from 'node:test'
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

test('instants and numbers of any size, and an order without items, have the bytes of a single read', async (t) => {
  const own = await migratedDatabase(t)
  const instants = [
    '0001-01-01T00:00:00.000001Z',
    '1582-10-15T00:00:00Z',
    '1969-12-31T23:59:59.9Z',
    '2000-02-29T12:34:56.12Z',
    '9999-12-31T23:59:59.999999Z',
  ]
  const numbers = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1]
  const orders = instants.map((instant, n) => {
    const { payment, items } = orderWithUid('any')
    return orderWithUid(`wide-${n}`, {
      date_created: instant,
      sm_id: numbers[n] ?? 0,
      payment: { ...payment, amount: numbers[n] ?? 0 },
      items: items.map((item) => ({ ...item, price: numbers[n] ?? 0 })),
    })
  })
  await storeOrders(own, orders)
  await own.rows(`delete from items where order_uid = 'wide-2'`)
  const page = await readNewestOrders(own.pool, undefined, 100)
  assert.equal(page.length, instants.length)
  for (const { uid, canonical } of page) {
    assert.equal(canonical().toString(), (await readStoredOrder(own.pool, uid))?.toString())
  }
})

test('no orders are no page', async (t) => {
  const own = await migratedDatabase(t)
  assert.deepEqual(await readNewestOrders(own.pool, undefined, 10), [])
})
