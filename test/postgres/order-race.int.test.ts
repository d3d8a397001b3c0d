import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { StoredUnder } from '../../src/pipeline/orders-role.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { ordersTransaction, ordersTransactions } from '../../src/postgres/orders.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { newOrder, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

const database = await migratedDatabase({ after })
const ledger = postgresLedger(database.pool, 'test', ordersTransactions())

for (const end of ['commit', 'rollback'] as const)
  test(`a batch waits for another transaction with the same order, and after its ${end} tells what is stored`, async () => {
    const uid = uniqueName('race')
    const first = newOrder(orderWithUid(`${uid}-b`))
    const { promise: inserted, resolve: hasInserted } = Promise.withResolvers<void>()
    const { promise: letGo, resolve } = Promise.withResolvers<void>()
    const holder = database
      .transaction(async (client) => {
        await ordersTransaction(client, 'look').insertOrders([first], TOPIC_ID)
        hasInserted()
        await letGo
        if (end === 'rollback') throw new Error('on purpose')
      })
      .catch(() => {})
    await inserted

    const key = { consumerGroup: 'group', topic: 'orders', topicId: randomUUID(), partition: 0 }
    await ledger.open(key, { start: 0, end: 3 })
    let known: ReadonlyMap<string, StoredUnder> = new Map()
    const settling = ledger.settle(key, 0, async (transaction) => {
      const orders = ['a', 'b', 'c'].map((suffix) =>
        newOrder(orderWithUid(`${uid}-${suffix}`, { locale: 'ru' })),
      )
      known = await transaction.insertOrders(orders, TOPIC_ID)
      return { from: 0, to: 3, counts: { stored: 3 }, fingerprint: undefined, logEnd: 3 }
    })
    await waitUntil(async () => (await database.waiting()).length > 0, {
      deadlineMs: 4_000,
      what: 'the batch waits',
    })
    resolve()
    await holder
    assert.equal(await settling, 'committed')
    const { contentHash } = first.content
    assert.deepEqual(
      [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        [`${uid}-a`, { inserted: true }],
        [`${uid}-b`, end === 'commit' ? { inserted: false, contentHash } : { inserted: true }],
        [`${uid}-c`, { inserted: true }],
      ],
    )
    const [counts] = await database.rows(
      `select (select count(*)::int from orders where starts_with(order_uid, $1)) as orders,
         (select count(*)::int from delivery where starts_with(order_uid, $1)) as deliveries,
         (select count(*)::int from payment where starts_with(order_uid, $1)) as payments,
         (select count(*)::int from items where starts_with(order_uid, $1)) as items,
         (select version::int from ledger where topic_id = $2) as version`,
      [uid, key.topicId],
    )
    assert.deepEqual(counts, { orders: 3, deliveries: 3, payments: 3, items: 3, version: 1 })
  })

test('a connection that is killed while it stores orders rejects, and the next batch is stored', async (t) => {
  const uid = uniqueName('killed')
  const orders = [newOrder(orderWithUid(uid))]
  const other = await database.connect(t)
  for (const way of ['copy', 'look', 'insert'] as const) {
    await other.query('begin; lock table delivery')
    const storing = database.transaction((client) =>
      ordersTransaction(client, way).insertOrders(orders, TOPIC_ID),
    )
    const rejected = assert.rejects(storing)
    const pid = await waitUntil(async () => (await database.waiting())[0], {
      deadlineMs: 4_000,
      what: 'it waits',
    })
    await database.rows('select pg_terminate_backend($1)', [pid])
    await rejected
    await other.query('rollback')
    assert.deepEqual(await database.rows('select from orders where order_uid = $1', [uid]), [])
  }
  const stored = await database.transaction((client) =>
    ordersTransaction(client, 'look').insertOrders(orders, TOPIC_ID),
  )
  assert.deepEqual(stored.get(uid), { inserted: true })
})
