import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { QueryConfig } from 'pg'
import type { NewOrder, StoredUnder } from '../../src/pipeline/orders-role.ts'
import type { PoolClient } from '../../src/postgres/database.ts'
import { ordersTransaction, type Way } from '../../src/postgres/orders.ts'
import { readStoredOrder } from '../../src/postgres/stored-orders.ts'
import { uniqueName } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { newOrder, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

const database = await migratedDatabase({ after })
const { pool, rows, transaction } = database

function insert(orders: readonly NewOrder[], way: Way = 'insert'): Promise<ReadonlyMap<string, StoredUnder>> {
  return transaction((client) => ordersTransaction(client, way).insertOrders(orders, TOPIC_ID))
}

/** Rows of each table under uids that begin like this: orders, delivery, payment, items. */
async function countsOf(uid: string): Promise<number[]> {
  const tables = ['orders', 'delivery', 'payment', 'items']
  const counts = tables.map((table) =>
    rows<{ count: number }>(`select count(*)::int as count from ${table} where starts_with(order_uid, $1)`, [
      uid,
    ]),
  )
  return (await Promise.all(counts)).map(([row]) => row?.count ?? -1)
}

for (const way of ['look', 'insert'] as const) {
  const insertHere = (orders: readonly NewOrder[]) => insert(orders, way)

  test(`${way}, an order goes into the four tables whole, with its coordinates, and its items in their order`, async () => {
    const uid = uniqueName('whole')
    const { items } = orderWithUid(uid)
    const [item] = items
    assert.ok(item)
    const lines = Array.from({ length: 30 }, (_, line) => ({ ...item, rid: `rid-${line + 1}` }))
    const known = await insertHere([newOrder(orderWithUid(uid, { items: lines }), 17)])
    assert.deepEqual([...known], [[uid, { inserted: true }]])
    assert.deepEqual(await countsOf(uid), [1, 1, 1, 30])
    const [row] = await rows(
      `select source_topic_id, source_partition, source_offset, now() - stored_at < interval '1 minute' as now
     from orders where order_uid = $1`,
      [uid],
    )
    assert.deepEqual(row, { source_topic_id: TOPIC_ID, source_partition: 0, source_offset: '17', now: true })
    const stored = await rows<{ rid: string }>('select rid from items where order_uid = $1 order by line', [
      uid,
    ])
    assert.deepEqual(
      stored.map(({ rid }) => rid),
      lines.map(({ rid }) => rid),
    )
  })

  test(`${way}, what is stored already is not touched, and told with its hash: equal for a duplicate, other for a conflict`, async () => {
    const uid = uniqueName('known')
    const stored = newOrder(orderWithUid(`${uid}-a`))
    await insertHere([stored])
    const conflict = newOrder(orderWithUid(`${uid}-a`, { locale: 'ru', items: [] }), 2)
    const fresh = newOrder(orderWithUid(`${uid}-b`), 3)
    assert.deepEqual(
      [...(await insertHere([conflict, fresh]))].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        [`${uid}-a`, { inserted: false, contentHash: stored.content.contentHash }],
        [`${uid}-b`, { inserted: true }],
      ],
    )
    assert.deepEqual(await countsOf(uid), [2, 2, 2, 2])
    const [row] = await rows('select locale, source_offset from orders where order_uid = $1', [`${uid}-a`])
    assert.deepEqual(row, { locale: 'en', source_offset: '0' })
    const again = await insertHere([stored, fresh])
    assert.ok([...again.values()].every(({ inserted }) => !inserted))
    assert.deepEqual(await countsOf(uid), [2, 2, 2, 2])
  })

  test(`${way}, an order of ten thousand items is stored and read back`, async () => {
    const uid = uniqueName('large')
    const [item] = orderWithUid(uid).items
    assert.ok(item)
    const order = orderWithUid(uid, { items: Array.from({ length: 10_000 }, () => item) })
    await insertHere([newOrder(order)])
    assert.deepEqual(await countsOf(uid), [1, 1, 1, 10_000])
    assert.equal(JSON.parse((await readStoredOrder(pool, uid))?.toString() ?? '').items.length, 10_000)
  })

  test(`${way}, when one row is refused, no part of any order of the transaction is there`, async (t) => {
    const uid = uniqueName('none')
    await rows(`create function refuse() returns trigger language plpgsql as
              $$ begin raise exception 'refused' using errcode = '23514'; end $$`)
    await rows(`create trigger refuse before insert on items for each row
              when (new.order_uid like 'none-%-b') execute function refuse()`)
    t.after(async () => void (await rows('drop function refuse cascade')))
    const orders = ['a', 'b', 'c'].map((suffix) => newOrder(orderWithUid(`${uid}-${suffix}`)))
    await assert.rejects(insertHere(orders), { code: '23514' })
    assert.deepEqual(await countsOf(uid), [0, 0, 0, 0])
  })

  test(`${way}, the content hash of another version of the canonical form is told as it is`, async () => {
    const uid = uniqueName('version')
    await insertHere([newOrder(orderWithUid(uid))])
    const older = Buffer.alloc(33, 7)
    await rows('update orders set content_hash = $2 where order_uid = $1', [uid, older])
    const known = await insertHere([newOrder(orderWithUid(uid))])
    assert.deepEqual(known.get(uid), { inserted: false, contentHash: older })
  })
}

test('an order that was erased between the insert and the look at its hash is inserted again', async (t) => {
  const uid = uniqueName('erased')
  const orders = ['a', 'b', 'c'].map((suffix) => newOrder(orderWithUid(`${uid}-${suffix}`)))
  await insert(orders.slice(0, 2))
  const other = await database.connect(t)
  let erased = 0
  const erasing = (client: PoolClient): PoolClient => {
    const eraseThenRead = async (statement: object): Promise<unknown> => {
      erased++
      for (const table of ['items', 'payment', 'delivery', 'orders'])
        await other.query(`delete from ${table} where order_uid = $1`, [`${uid}-a`])
      return await client.query(statement as QueryConfig)
    }
    const query = (statement: { readonly name?: string }): unknown =>
      statement.name === 'read-hashes' && erased === 0
        ? eraseThenRead(statement)
        : client.query(statement as QueryConfig)
    return Object.assign(Object.create(client) as PoolClient, { query })
  }
  const known = await transaction((client) =>
    ordersTransaction(erasing(client), 'insert').insertOrders(orders, TOPIC_ID),
  )
  assert.deepEqual(Object.fromEntries([...known].map(([key, { inserted }]) => [key.at(-1), inserted])), {
    a: true,
    b: false,
    c: true,
  })
  assert.equal(erased, 1)
  assert.deepEqual(await countsOf(uid), [3, 3, 3, 3])
})
