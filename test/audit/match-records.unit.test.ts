import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchRecords } from '../../src/audit/match-records.ts'
import { recordDigest } from '../../src/pipeline/dead-letters-role.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { OrderIdentity } from '../../src/postgres/audit-identities.ts'
import { modelWith, read } from '../order/fixtures.ts'
import { ORDERS_ID } from './made-up-books.ts'

function record(offset: number, value: string): SourceRecord {
  const place = { topic: 'orders', partition: 0, offset, timestampMs: 0, leaderEpoch: 0, bytes: 0 }
  return { ...place, key: null, value: Buffer.from(value), headers: [] }
}

const source = (offset: number) => ({ topicId: ORDERS_ID, partition: 0, offset })

function stored(offset: number, value: string): OrderIdentity {
  const reading = read(value)
  assert.ok(reading.ok)
  return { ...source(offset), uid: reading.order.order_uid, contentHash: reading.contentHash }
}

const A = modelWith('/order_uid', 'a')
const A_CHANGED = modelWith('/order_uid', 'a').replace('"WBIL"', '"other"')
const B = modelWith('/order_uid', 'b')

function match(
  records: readonly SourceRecord[],
  orders: readonly OrderIdentity[],
  deadLetters: readonly SourceRecord[] = [],
) {
  const rows = deadLetters.map((letter) => ({ ...source(letter.offset), digest: recordDigest(letter) }))
  const { findings, unclaimed, otherVersion, unexplained } = matchRecords({
    records,
    orders,
    deadLetters: rows,
  })
  return {
    findings: findings.map(({ kind, uid, offset }) => [kind, uid, offset]),
    unclaimed: unclaimed.map(({ record: { offset } }) => offset),
    otherVersion: otherVersion.map(({ order }) => order.uid),
    unexplained: unexplained.map(({ offset }) => offset),
  }
}

const WELL = { findings: [], unclaimed: [], otherVersion: [], unexplained: [] }

test('a record with its order, and one with its dead letter, are well', () => {
  const invalid = record(1, '{}')
  assert.deepEqual(
    match([record(0, A), invalid, record(2, B)], [stored(0, A), stored(2, B)], [invalid]),
    WELL,
  )
})

test('a record without a row is left to be looked up', () => {
  assert.deepEqual(match([record(0, A), record(1, '{}')], []), { ...WELL, unclaimed: [0, 1] })
})

test('an order in the place of another is found, and the other record is without a row', () => {
  const expected = { ...WELL, findings: [['order_without_record', 'b', 0]], unclaimed: [0] }
  assert.deepEqual(match([record(0, A)], [stored(0, B)]), expected)
})

test('two orders from one record: the one that is not in it is found', () => {
  const expected = { ...WELL, findings: [['order_without_record', 'b', 0]] }
  assert.deepEqual(match([record(0, A)], [stored(0, A), stored(0, B)]), expected)
})

test('an order from an offset without a record is found', () => {
  const expected = { ...WELL, findings: [['order_without_record', 'b', 1]] }
  assert.deepEqual(match([record(0, A)], [stored(0, A), stored(1, B)]), expected)
})

test('an order from a record that is no order is found', () => {
  const expected = { ...WELL, findings: [['order_without_record', 'a', 0]], unclaimed: [0] }
  assert.deepEqual(match([record(0, '{}')], [stored(0, A)]), expected)
})

test('an order with another content than its record is found once', () => {
  const expected = { ...WELL, findings: [['order_differs_from_record', 'a', 0]] }
  assert.deepEqual(match([record(0, A)], [stored(0, A_CHANGED)]), expected)
})

test('a hash of another version is left to be compared by content', () => {
  const order = stored(0, A)
  const older = { ...order, contentHash: Buffer.concat([Buffer.of(9), order.contentHash.subarray(1)]) }
  assert.deepEqual(match([record(0, A)], [older]), { ...WELL, otherVersion: ['a'] })
})

test('a dead letter with other bytes than its record is left to be explained, and so is the record', () => {
  const expected = { ...WELL, unclaimed: [0], unexplained: [0] }
  assert.deepEqual(match([record(0, '{}')], [], [record(0, '{"a":1}')]), expected)
})

test('headers that are ours make no difference to a dead letter', () => {
  const sent: SourceRecord = { ...record(0, '{}'), headers: [[Buffer.from('retry'), Buffer.from('0')]] }
  const archived: SourceRecord = { ...sent, headers: [[Buffer.from('error_type'), Buffer.from('x')]] }
  assert.deepEqual(match([sent], [], [archived]), WELL)
})
