import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { NewOrder, StoredUnder } from '../../src/pipeline/orders-role.ts'
import type { Connection } from '../../src/postgres/database.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { ordersTransactions } from '../../src/postgres/orders.ts'
import { uniqueName } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'
import { newOrder, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

const database = await migratedDatabase({ after })

/** Orders as a role stores them, batch after batch, of which three in a row that were new are enough. */
async function storing() {
  let looks = 0
  const bind = ordersTransactions(3)
  const watched = (client: Connection): Connection =>
    new Proxy(client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'query' || typeof value !== 'function') return value
        return (statement: { readonly name?: string }, ...rest: unknown[]): unknown => {
          if (statement.name === 'read-hashes') looks++
          return Reflect.apply(value, target, [statement, ...rest])
        }
      },
    })
  const ledger = postgresLedger(database.pool, 'test', (client, violations) =>
    bind(watched(client), violations),
  )
  const key = { consumerGroup: 'group', topic: 'orders', topicId: randomUUID(), partition: 0 }
  await ledger.open(key, { start: 0, end: 100 })
  let next = 0
  return async (orders: readonly NewOrder[]) => {
    const before = looks
    let known: ReadonlyMap<string, StoredUnder> = new Map()
    const from = next
    next += orders.length
    const outcome = await ledger.settle(key, from, async (transaction) => {
      known = await transaction.insertOrders(orders, TOPIC_ID)
      const counts = { stored: orders.length }
      return { from, to: next, counts, fingerprint: undefined, logEnd: 100 }
    })
    assert.equal(outcome, 'committed')
    return { looks: looks - before, known: orders.map(({ content: { uid } }) => known.get(uid)) }
  }
}

function fresh(count: number): NewOrder[] {
  return Array.from({ length: count }, () => newOrder(orderWithUid(uniqueName('fresh')))).toSorted((a, b) =>
    a.content.uid < b.content.uid ? -1 : 1,
  )
}

const NEW = { inserted: true }

test('after enough orders that were all new nobody looks any more, until one is known; then it is told as ever', async () => {
  const store = await storing()
  assert.deepEqual(await store(fresh(2)), { looks: 1, known: [NEW, NEW] })
  assert.deepEqual(await store(fresh(1)), { looks: 1, known: [NEW] })
  const batch = fresh(3)
  assert.deepEqual(await store(batch), { looks: 0, known: [NEW, NEW, NEW] })

  const [first, , last] = batch
  assert.ok(first && last)
  const other = newOrder(orderWithUid(last.content.uid, { locale: 'ru' }))
  const mixed = [first, ...fresh(2), other].toSorted((a, b) => (a.content.uid < b.content.uid ? -1 : 1))
  const { looks, known } = await store(mixed)
  assert.equal(looks, 1)
  assert.deepEqual(
    known,
    mixed.map((order) => {
      const stored = order === first ? first : order === other ? last : undefined
      return stored === undefined ? NEW : { inserted: false, contentHash: stored.content.contentHash }
    }),
  )
  assert.equal((await store(fresh(3))).looks, 1)
  assert.equal((await store(fresh(1))).looks, 0)

  const uids = [...batch, ...mixed].map(({ content: { uid } }) => uid)
  const [counts] = await database.rows(
    `select (select count(*)::int from orders where order_uid = any ($1)) as orders,
       (select count(*)::int from delivery where order_uid = any ($1)) as deliveries,
       (select count(*)::int from payment where order_uid = any ($1)) as payments,
       (select locale from orders where order_uid = $2) as locale`,
    [uids, last.content.uid],
  )
  assert.deepEqual(counts, { orders: 5, deliveries: 5, payments: 5, locale: 'en' })
})
