import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOrder } from '../../src/order/read-order.ts'
import type { ErrorType } from '../../src/pipeline/failure.ts'
import {
  isKeyOf,
  ordersRole,
  type OrdersRoleOptions,
  type SettledOrders,
} from '../../src/pipeline/orders-role.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import { LIMITS, modelOrder, modelWith } from '../order/fixtures.ts'
import { header, headerText, recordAt, SOURCE, TOPIC_ID } from './made-up-records.ts'
import { MadeUpTables, optionsOn } from './made-up-tables.ts'

function roleOn(tables: MadeUpTables, options: Partial<OrdersRoleOptions> = {}) {
  return ordersRole({ ...optionsOn(tables), ...options })
}

type Value = string | null | Partial<SourceRecord>

async function settle(
  tables: MadeUpTables,
  values: readonly Value[],
  options: Partial<OrdersRoleOptions> = {},
): Promise<SettledOrders> {
  const role = roleOn(tables, options)
  const items = values.map((value, offset) => role.prepare(toRecord(value, offset)))
  const settled = await role.settle(tables, items, SOURCE)
  const { stored = 0, duplicates = 0, dead_lettered = 0 } = settled.counts
  assert.equal(stored + duplicates + dead_lettered, values.length, 'every record has one disposition')
  assert.deepEqual([settled.stored.length, settled.deadLetters.length], [stored, dead_lettered])
  return settled
}

function toRecord(value: Value, offset: number): SourceRecord {
  if (value === null) return recordAt(offset, { value: null })
  return recordAt(offset, typeof value === 'string' ? { value: Buffer.from(value) } : value)
}

const A = modelWith('/order_uid', 'a')
const A_OTHER = modelWith('/order_uid', 'a').replace('Test Testov', 'Somebody Else')
const A_SPELLED = ` ${modelWith('/order_uid', 'a').replace('"order_uid":"a"', '"order_uid" : "\\u0061"')}\n`
const B = modelWith('/order_uid', 'b')
const C = modelWith('/order_uid', 'c')

test('orders of new uids are stored with one statement, distinct and ascending by uid', async () => {
  const tables = new MadeUpTables()
  const { counts } = await settle(tables, [C, A, B])
  assert.deepEqual(counts, { stored: 3, duplicates: 0, retried: 0, dead_lettered: 0 })
  assert.deepEqual(tables.statements, [['a', 'b', 'c']])
  assert.deepEqual(tables.log, [`insert 3 of ${TOPIC_ID}`])
})

const BATCHES: ReadonlyArray<{
  readonly says: string
  readonly already?: string
  readonly values: readonly string[]
  readonly counts: readonly [stored: number, duplicates: number, dead_lettered: number]
}> = [
  { says: 'the same order twice', values: [A, A], counts: [1, 1, 0] },
  { says: 'the same order three times', values: [A, A, A], counts: [1, 2, 0] },
  { says: 'the same order in another spelling', values: [A, A_SPELLED], counts: [1, 1, 0] },
  { says: 'two contents under one uid', values: [A, A_OTHER], counts: [1, 0, 1] },
  { says: 'two contents in the other order', values: [A_OTHER, A], counts: [1, 0, 1] },
  { says: 'two contents, then the first again', values: [A, A_OTHER, A], counts: [1, 1, 1] },
  { says: 'two contents, the second twice', values: [A, A_OTHER, A_OTHER], counts: [1, 0, 2] },
  { says: 'an order that is stored', already: A, values: [A], counts: [0, 1, 0] },
  { says: 'an order that is stored, twice', already: A, values: [A, A], counts: [0, 2, 0] },
  { says: 'another content than the stored one', already: A, values: [A_OTHER], counts: [0, 0, 1] },
  { says: 'stored, another content, stored again', already: A, values: [A, A_OTHER, A], counts: [0, 2, 1] },
  { says: 'a conflict beside new orders', already: A, values: [B, A_OTHER, C], counts: [2, 0, 1] },
]

for (const { says, already, values, counts } of BATCHES) {
  test(`the first content of a uid stays, equal ones are duplicates, others conflicts: ${says}`, async () => {
    const tables = new MadeUpTables()
    if (already !== undefined) tables.put(already)
    const settled = await settle(tables, values)
    const [stored, duplicates, dead_lettered] = counts
    assert.deepEqual(settled.counts, { stored, duplicates, retried: 0, dead_lettered })
    const first = readOrder(Buffer.from(already ?? values[0] ?? ''), LIMITS)
    assert.ok(first.ok)
    assert.deepEqual(tables.stored.get(first.order.order_uid)?.canonical, first.canonical)
    for (const { failure } of settled.deadLetters)
      assert.deepEqual([failure.type, failure.stage], ['conflict', 'store'])
  })
}

test('a stored order with a hash of another version is compared by content', async () => {
  const tables = new MadeUpTables()
  tables.put(A, 9)
  tables.put(B, 9)
  const { counts } = await settle(tables, [A, A_OTHER, modelWith('/order_uid', 'b')])
  assert.deepEqual(counts, { stored: 0, duplicates: 2, retried: 0, dead_lettered: 1 })
  assert.deepEqual(tables.log.slice(1, 4), ['read a', 'read a', 'read b'])
})

const BAD: ReadonlyArray<readonly [says: string, value: Value, type: ErrorType, stage: string]> = [
  ['no value', null, 'empty_value', 'decode'],
  ['an empty value', '', 'empty_value', 'decode'],
  ['a value above the limit', { value: Buffer.alloc(LIMITS.maxBytes + 1, 0x20) }, 'too_large', 'decode'],
  ['bytes that are not UTF-8', { value: Buffer.from([0xff, 0xfe]) }, 'malformed_utf8', 'decode'],
  ['no JSON', '{"order_uid":', 'malformed_json', 'decode'],
  ['JSON that is no order', '{"order_uid":"a"}', 'invalid_order', 'validate'],
]

for (const [says, value, type, stage] of BAD) {
  test(`a record with ${says} is dead-lettered as ${type}, and its neighbours are stored`, async () => {
    const tables = new MadeUpTables()
    const { counts, deadLetters } = await settle(tables, [A, value, B])
    assert.deepEqual(counts, { stored: 2, duplicates: 0, retried: 0, dead_lettered: 1 })
    assert.deepEqual([deadLetters[0]?.failure.type, deadLetters[0]?.failure.stage], [type, stage])
  })
}

test('a batch of bad records alone sends no statement', async () => {
  const tables = new MadeUpTables()
  await settle(tables, [null, '{'])
  assert.deepEqual(tables.log, ['produce 2'])
})

test('a dead letter keeps key, value and foreign headers byte for byte, and says where it came from', async () => {
  const tables = new MadeUpTables()
  const [key, value] = [Buffer.from([0, 255]), Buffer.from([0xff, 0x00, 0x80])]
  const foreign = header('x-id', Buffer.from([0xff, 0]))
  await settle(tables, [A, { key, value, headers: [foreign, header('retry', '2')] }])
  const [dead] = tables.produced
  assert.deepEqual([dead?.topic, dead?.key, dead?.value], ['orders_dlq', key, value])
  const headers = dead?.headers ?? []
  assert.deepEqual(headers[0], foreign)
  assert.deepEqual(
    [
      'retry',
      'error_type',
      'source-topic',
      'source-topic-id',
      'source-partition',
      'source-offset',
      'first-failed-at',
    ].map((name) => headerText(headers, name)),
    ['2', 'malformed_utf8', 'orders', TOPIC_ID, '0', '1', '1800000000000'],
  )
})

test('a record without key and value is dead-lettered without them', async () => {
  const tables = new MadeUpTables()
  await settle(tables, [{ key: null, value: null }])
  assert.deepEqual([tables.produced[0]?.key, tables.produced[0]?.value], [null, null])
})

test('a dead letter does not quote what it holds', async () => {
  const tables = new MadeUpTables()
  tables.put(A)
  const secret = modelWith('/delivery/email', 'secret-no-address')
  const { deadLetters } = await settle(tables, [secret, '{"secret', A_OTHER])
  assert.equal(deadLetters.length, 3)
  for (const { failure } of deadLetters) assert.doesNotMatch(failure.message, /secret|Somebody/)
})

test('dead letters are acknowledged before the batch is settled, all of them with one call', async () => {
  const tables = new MadeUpTables()
  const { promise, resolve } = Promise.withResolvers<void>()
  let settled = false
  const settling = settle(tables, ['{', A, null], { produce: () => promise }).then(() => {
    settled = true
  })
  await new Promise((turn) => setImmediate(turn))
  assert.equal(settled, false)
  resolve()
  await settling
})

test('what is wrong with a record itself is produced while the database works', async () => {
  const tables = new MadeUpTables()
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const insert = tables.insertOrders.bind(tables)
  tables.insertOrders = async (...orders) => {
    await asked
    return await insert(...orders)
  }
  await settle(tables, ['{', A], { produce: async () => resolve() })
})

test('a dead letter that can not be produced fails the batch, so that nothing of it is committed', async () => {
  const lost = Object.assign(new Error('no broker'), { code: 'PLT_KFK_NETWORK' })
  await assert.rejects(settle(new MadeUpTables(), [A, '{'], { produce: () => Promise.reject(lost) }), lost)
})

test('a batch without dead letters does not ask the broker', async () => {
  const tables = new MadeUpTables()
  await settle(tables, [A, A, B], { produce: () => Promise.reject(new Error('asked')) })
})

test('a database that does not say what is under a uid fails the batch', async () => {
  const tables = new MadeUpTables()
  tables.insertOrders = async () => new Map()
  await assert.rejects(settle(tables, [A]), /did not say/)
})

const BREAKS_X2 = modelWith('/payment/goods_total', 316)

test('an order that contradicts itself is stored and counted by default', async () => {
  const [item] = [roleOn(new MadeUpTables()).prepare(toRecord(BREAKS_X2, 0))]
  assert.deepEqual([item.brokenRules, item.failure], [['X2', 'X3'], undefined])
  assert.equal((await settle(new MadeUpTables(), [BREAKS_X2])).counts.stored, 1)
})

test('an order that contradicts itself is dead-lettered when the rules say reject, naming the rules', async () => {
  const { counts, deadLetters } = await settle(new MadeUpTables(), [BREAKS_X2, B], {
    crossFieldRules: 'reject',
  })
  assert.equal(counts.dead_lettered, deadLetters.length)
  assert.deepEqual(deadLetters[0]?.failure, {
    type: 'invalid_order',
    stage: 'validate',
    message: 'breaks the cross-field rules X2, X3',
  })
})

test('cross-field rules that are off are not looked at', () => {
  const role = roleOn(new MadeUpTables(), { crossFieldRules: 'off' })
  const { brokenRules, failure } = role.prepare(toRecord(BREAKS_X2, 0))
  assert.deepEqual([brokenRules, failure], [[], undefined])
})

test('a rejected order does not stand in the way of a good one of the same uid', async () => {
  const bad = BREAKS_X2
  const good = modelWith('', modelOrder())
  const { counts } = await settle(new MadeUpTables(), [bad, good], { crossFieldRules: 'reject' })
  assert.deepEqual(counts, { stored: 1, duplicates: 0, retried: 0, dead_lettered: 1 })
})

test('a key is the uid, or missing; any other is a mismatch and changes nothing', async () => {
  const order = modelOrder()
  const withKey = (key: Buffer | null) => recordAt(0, { key, value: Buffer.from(JSON.stringify(order)) })
  assert.equal(isKeyOf(withKey(null), order.order_uid), true)
  assert.equal(isKeyOf(withKey(Buffer.from(order.order_uid)), order.order_uid), true)
  for (const key of ['', 'x', `${order.order_uid} `])
    assert.equal(isKeyOf(withKey(Buffer.from(key)), order.order_uid), false, key)
  assert.equal((await settle(new MadeUpTables(), [{ ...withKey(Buffer.from('x')) }])).counts.stored, 1)
})

test('ignored fields are counted with the order', () => {
  const value = modelWith('/something_new', { a: 1 })
  assert.equal(roleOn(new MadeUpTables()).prepare(toRecord(value, 0)).content?.unknownFields, 1)
})
