import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentHash } from '../../src/order/content-hash.ts'
import { readContent } from '../../src/order/order-content.ts'
import { openAuditDatabase } from '../../src/postgres/audit-database.ts'
import { inTransaction, openPool } from '../../src/postgres/database.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { ordersTransaction } from '../../src/postgres/orders.ts'
import { LIMITS, modelWith } from '../order/fixtures.ts'
import { createDatabase } from '../stack-under-test.ts'

const STRANGE_TEXTS = [
  'Кириллица, 日本語, 👩‍👩‍👧',
  '"\\/\b\f\n\r\t',
  '\u0001\u001f\u007f\u0080\u2028\u2029\ufeff',
  ' spaces ',
  '{}[]:,null',
]
const INSTANTS = [
  '0001-01-01T00:00:00Z',
  '1999-12-31T23:59:59.999999Z',
  '2021-11-26T06:22:10.100Z',
  '9999-12-31T23:59:59Z',
]

test('the server proves every order that is as it was stored, whatever its texts and instants', async (t) => {
  const dsn = await createDatabase(t)
  await migrate(dsn, () => {})
  const orders = [
    ...STRANGE_TEXTS.map((text) => modelWith('/delivery/name', text)),
    ...INSTANTS.map((instant) => modelWith('/date_created', instant)),
    modelWith('/payment/amount', Number.MAX_SAFE_INTEGER),
  ].map((json, id) => {
    const reading = readContent(
      Buffer.from(json.replace('"order_uid":"b563feb7b2b84b6test"', `"order_uid":"order-${id}"`)),
      LIMITS,
    )
    assert.ok(reading.ok)
    return { content: reading.content, sourcePartition: 0, sourceOffset: id }
  })
  const ascending = orders.toSorted((a, b) => (a.content.uid < b.content.uid ? -1 : 1))
  const pool = openPool({ dsn, maxConnections: 1, applicationName: 'test' }, () => {})
  t.after(() => pool.end())
  const topicId = '11111111-1111-4111-8111-111111111111'
  await inTransaction(pool, (client) => ordersTransaction(client, 'insert').insertOrders(ascending, topicId))

  await using database = await openAuditDatabase(dsn)
  await using snapshot = await database.snapshot()
  const { count, last, doubtful } = await snapshot.ordersToDoubt(undefined)
  assert.deepEqual([count, doubtful], [orders.length, []])
  assert.equal((await snapshot.ordersToDoubt(last)).count, 0)
  for (const { content } of orders) {
    const canonical = await snapshot.canonicalOrder(content.order.order_uid)
    assert.ok(canonical && contentHash(canonical).equals(content.contentHash))
  }
})
