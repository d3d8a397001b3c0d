import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { canonicalBytes } from '../../src/order/canonical.ts'
import type { Item, Order } from '../../src/order/order.ts'
import type { StoredUnder } from '../../src/pipeline/orders-role.ts'
import { ordersTransaction, type Way } from '../../src/postgres/orders.ts'
import { readStoredOrder } from '../../src/postgres/stored-orders.ts'
import { generateOrder } from '../../src/producer/generate.ts'
import { randomAt, seedFrom, type Random } from '../../src/producer/random.ts'
import { MODEL_BYTES, OTHER_BYTES } from '../order/fixtures.ts'
import { uniqueName } from '../stack-under-test.ts'
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts'
import { newOrder, orderOf, orderWithUid, TOPIC_ID } from './orders-under-test.ts'

const database = await migratedDatabase({ after })

async function insert(
  { transaction }: MigratedDatabase,
  orders: readonly Order[],
  way: Way = 'look',
): Promise<ReadonlyMap<string, StoredUnder>> {
  const rows = orders.map((order) => newOrder(order))
  return await transaction((client) => ordersTransaction(client, way).insertOrders(rows, TOPIC_ID))
}

async function readBack(where: MigratedDatabase, uid: string): Promise<string | undefined> {
  return (await readStoredOrder(where.pool, uid))?.toString()
}

/** Legal in an order, and special to somebody on the way: SQL, JSON, arrays, terminals, spreadsheets, Unicode. */
const HOSTILE: readonly string[] = [
  "'; drop table orders; --",
  '"quoted" \\ and \\u0000 in letters',
  'NULL',
  '\\N',
  '{1,2}',
  '{"a":1}',
  '%s %1$s ${x} {{x}}',
  '\u0001\u0007\b\t\n\v\f\r\u001b[31m\u001f',
  '\u007f\u0085\u00a0\u2028\u2029\ufeff',
  '\u202eright to left',
  'e\u0301 is not \u00e9',
  '🧑‍🚀🇺🇸',
  '\ufffe\uffff\u{1fffe}\u{10ffff}',
  'Дмитрий Ёлкин',
  '=cmd()|x!A1',
  '<script>alert(1)</script>',
  ' around ',
  '\t',
  '0',
  'true',
]
const NUMBERS = [0, 1, 100, 2 ** 31, 2 ** 32, 2 ** 53 - 2, Number.MAX_SAFE_INTEGER]
const INSTANTS = [
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00.000001Z',
  '0099-12-31T23:59:59.9Z',
  '1582-10-10T00:00:00.12Z',
  '1969-12-31T23:59:59.999999Z',
  '2000-02-29T00:00:00Z',
  '2016-12-31T23:59:59.5Z',
  '9999-12-31T23:59:59.999999Z',
]

/** The order with all its texts, numbers and its instant replaced by legal ones that are hard to keep. */
function hostileOrder(number: number): Order {
  const random = randomAt(seedFrom('hostile'), number, 0)
  const order = generateOrder(seedFrom('hostile'), number)
  return {
    ...replaced(order, random),
    order_uid: order.order_uid,
    delivery: { ...replaced(order.delivery, random), email: `${random.pick(['ж', "'", '\\', '"'])}@\u0001` },
    payment: { ...replaced(order.payment, random), currency: order.payment.currency },
    items: order.items.map((item): Item => replaced(item, random)),
    date_created: random.pick(INSTANTS),
  }
}

function replaced<T extends object>(fields: T, random: Random): T {
  const text = (): string => random.pick(HOSTILE) + random.pick(['', ...HOSTILE])
  const changed = Object.entries(fields).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? text() : typeof value === 'number' ? random.pick(NUMBERS) : value,
  ])
  return Object.fromEntries(changed) as T
}

test('the fixtures are read back as they were stored, byte for byte', async () => {
  for (const bytes of [MODEL_BYTES, OTHER_BYTES]) {
    const { order, canonical } = orderOf(bytes)
    await insert(database, [order])
    assert.equal(await readBack(database, order.order_uid), canonical.toString())
  }
})

for (const way of ['copy', 'look', 'insert'] as const)
  test(`200 orders of hostile but legal texts, numbers and instants are read back byte for byte (${way})`, async () => {
    const orders = Array.from({ length: 200 }, (_, number) =>
      hostileOrder({ copy: 0, look: 1_000, insert: 2_000 }[way] + number),
    )
    // Each is an order by our own rules, and canonical.
    for (const order of orders) assert.deepEqual(orderOf(canonicalBytes(order)).order, order)
    const ascending = orders.toSorted((a, b) => (a.order_uid < b.order_uid ? -1 : 1))
    await insert(database, ascending, way)
    for (const order of orders)
      assert.equal(await readBack(database, order.order_uid), canonicalBytes(order).toString())
  })

test('the settings of a database change nothing', async (t) => {
  const settings = [
    ['timezone', 'Asia/Kathmandu'],
    ['datestyle', 'SQL, DMY'],
    ['bytea_output', 'escape'],
    ['extra_float_digits', '-15'],
  ]
  const other = await migratedDatabase(t)
  const { pathname } = new URL(other.dsn)
  const alter = settings.map(
    ([name, value]) => `alter database ${pathname.slice(1)} set ${name} = '${value}'`,
  )
  await (await other.connect(t)).query(alter.join(';'))
  // Settings of a database count for connections from now on; the pool has none yet.
  assert.deepEqual(await other.rows('show timezone'), [{ TimeZone: 'Asia/Kathmandu' }])
  for (const date of INSTANTS) {
    const order = orderWithUid(uniqueName('settings'), { date_created: date })
    await insert(other, [order])
    const { contentHash } = newOrder(order).content
    for (const way of ['look', 'insert'] as const)
      assert.deepEqual(
        [...(await insert(other, [order], way))],
        [[order.order_uid, { inserted: false, contentHash }]],
      )
    assert.equal(await readBack(other, order.order_uid), canonicalBytes(order).toString())
  }
})

test('there is no such order: neither an unknown one, nor one of which a part is missing', async () => {
  const uid = uniqueName('part')
  assert.equal(await readBack(database, uid), undefined)
  await insert(database, [orderWithUid(uid)])
  await database.rows('delete from payment where order_uid = $1', [uid])
  assert.equal(await readBack(database, uid), undefined)
})

test('an order of which a column has another name can not be read, rather than being another order', async (context) => {
  const other = await migratedDatabase(context)
  const uid = uniqueName('column')
  await insert(other, [orderWithUid(uid)])
  const whole = await readBack(other, uid)
  for (const [table, column] of [
    ['orders', 'entry'],
    ['delivery', 'zip'],
    ['payment', 'bank'],
    ['items', 'rid'],
  ] as const) {
    await other.rows(`alter table ${table} rename column ${column} to renamed`)
    await assert.rejects(readBack(other, uid), { code: '42703' }, `${table}.${column}`)
    await other.rows(`alter table ${table} rename column renamed to ${column}`)
    assert.equal(await readBack(other, uid), whole)
  }
})
