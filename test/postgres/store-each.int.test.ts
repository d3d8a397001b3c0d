import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { canonicalBytes } from '../../src/order/canonical.ts'
import type { Order } from '../../src/order/order.ts'
import type { EachAnswer, NewOrder } from '../../src/pipeline/orders-role.ts'
import { ordersTransaction } from '../../src/postgres/orders.ts'
import { readStoredOrder } from '../../src/postgres/stored-orders.ts'
import { uniqueName } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { newOrder, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

const database = await migratedDatabase({ after })
const { pool, rows, transaction } = database

function insertEach(orders: readonly NewOrder[]): Promise<EachAnswer | undefined> {
  return transaction((client) => ordersTransaction(client, 'look').insertEach(orders, TOPIC_ID))
}

/** Texts and numbers that are spelled in more than one way, or at an end of what is allowed. */
function oddOrders(uid: string): Order[] {
  const { delivery, payment, items } = orderWithUid(uid)
  const [item] = items
  assert.ok(item)
  const texts = [
    '',
    '"',
    '\\',
    '\u0001\u001f\u007f',
    'Ж 🎁 \u2028\u2029',
    '</x>',
    `'); drop--`,
    ' \t\n',
    '\\u0000',
  ]
  const most = Number.MAX_SAFE_INTEGER
  return [
    ...texts.map((text, n) =>
      orderWithUid(`${uid}-text-${n}`, {
        internal_signature: text,
        delivery: { ...delivery, region: text },
        items: [{ ...item, name: `${text}x` }],
      }),
    ),
    ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '2021-11-26T06:22:19.5Z'].map((instant, n) =>
      orderWithUid(`${uid}-instant-${n}`, { date_created: instant }),
    ),
    orderWithUid(`${uid}-numbers`, {
      sm_id: most,
      payment: { ...payment, amount: most, payment_dt: 0, custom_fee: most },
      items: [most, 0, 1].map((number) => ({ ...item, chrt_id: number, nm_id: most - number })),
    }),
  ]
}

test('orders that are stored one by one are the same as all others, byte for byte, and known the next time', async () => {
  const orders = oddOrders(uniqueName('odd')).map((order, at) => newOrder(order, at))
  const first = await insertEach(orders)
  assert.deepEqual(first?.refused, new Map())
  assert.deepEqual(first?.known, new Map(orders.map(({ content }) => [content.uid, { inserted: true }])))
  for (const { content } of orders) {
    assert.deepEqual(await readStoredOrder(pool, content.uid), canonicalBytes(content.order))
    const [row] = await rows(
      `select content_hash, source_topic_id, source_partition, source_offset::int from orders where order_uid = $1`,
      [content.uid],
    )
    assert.deepEqual(row, {
      content_hash: content.contentHash,
      source_topic_id: TOPIC_ID,
      source_partition: 0,
      source_offset: orders.findIndex((each) => each.content === content),
    })
  }
  const again = await insertEach(orders)
  const stored = orders.map(
    ({ content: { uid, contentHash } }) => [uid, { inserted: false, contentHash }] as const,
  )
  assert.deepEqual(again?.known, new Map(stored))
})

test('an order that is refused leaves nothing behind, says why, and stands in nobody’s way', async () => {
  const uid = uniqueName('each')
  await rows(`alter table items add constraint by_hand check (brand <> 'Refused')`)
  const [item] = orderWithUid(uid).items
  assert.ok(item)
  const refused = orderWithUid(`${uid}-b`, { items: [item, { ...item, brand: 'Refused' }] })
  const answer = await insertEach(
    [`${uid}-a`, `${uid}-c`].map((each) => newOrder(orderWithUid(each))).toSpliced(1, 0, newOrder(refused)),
  )
  assert.deepEqual([...(answer?.known.keys() ?? [])], [`${uid}-a`, `${uid}-c`])
  const error = answer?.refused.get(`${uid}-b`)
  assert.ok(error instanceof Error)
  const named = new Map(Object.entries(error))
  assert.deepEqual([...named.values()], ['23514', 'by_hand', 'items', ''])
  assert.doesNotMatch(error.message, /Refused/)
  for (const table of ['orders', 'delivery', 'payment', 'items'])
    assert.deepEqual(await rows(`select from ${table} where order_uid = $1`, [`${uid}-b`]), [])
  await rows('alter table items drop constraint by_hand')
})

test('orders that are too large to travel this way are left to another, and the transaction goes on', async () => {
  const uid = uniqueName('large')
  const { items } = orderWithUid(uid)
  const large = newOrder(
    orderWithUid(uid, { items: Array.from({ length: 5_000 }, () => items[0] ?? assert.fail()) }),
  )
  await transaction(async (client) => {
    const orders = ordersTransaction(client, 'look')
    assert.equal(await orders.insertEach([large], TOPIC_ID), undefined)
    assert.equal((await orders.insertApart([large], TOPIC_ID)).get(uid)?.inserted, true)
  })
  assert.deepEqual(await readStoredOrder(pool, uid), canonicalBytes(large.content.order))
})
