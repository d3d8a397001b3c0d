import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossFieldViolations } from '../../src/order/cross-field.ts'
import { readOrder } from '../../src/order/read-order.ts'
import type { Shares } from '../../src/producer/plan.ts'
import { seedFrom } from '../../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../../src/producer/records.ts'

const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 64 }
const NONE: Shares = { invalid: 0, duplicate: 0, conflict: 0 }
const MIXED: Shares = { invalid: 0.2, duplicate: 0.2, conflict: 0.2 }

function records(seed: string, count: number, shares: Shares): LoadRecord[] {
  return [...generateRecords(seedFrom(seed), count, shares)].flat()
}

function readValid({ value }: LoadRecord) {
  const result = readOrder(value, LIMITS)
  assert.ok(result.ok, result.ok ? '' : result.message)
  return result
}

test('every generated order is valid, canonical, and holds all cross-field rules', () => {
  for (const record of records('valid', 2000, NONE)) {
    const { canonical, order } = readValid(record)
    assert.deepEqual(canonical, record.value)
    assert.deepEqual(crossFieldViolations(order), [])
    assert.equal(record.key?.toString(), order.order_uid)
    assert.equal(record.uid, order.order_uid)
  }
})

test('orders have about 1 KB, mostly 1 to 3 items, sometimes many, and vary', () => {
  const orders = records('varied', 2000, NONE)
  const bytes = orders.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) / orders.length
  assert.ok(bytes > 900 && bytes < 1300, String(bytes))
  const read = orders.map((record) => readValid(record).order)
  const few = read.filter(({ items }) => items.length <= 3).length / read.length
  assert.ok(few > 0.8 && few < 0.95, String(few))
  assert.ok(read.some(({ items }) => items.length > 15))
  assert.ok(new Set(read.map(({ payment }) => payment.currency)).size >= 4)
  assert.ok(new Set(read.map(({ delivery }) => delivery.city)).size >= 10)
  assert.ok(read.some(({ delivery }) => /[А-я]/.test(delivery.name)))
  assert.ok(read.some(({ delivery }) => /^[A-Za-z ]+$/.test(delivery.name)))
})

test('the same seed makes the same bytes', () => {
  assert.deepEqual(records('again', 500, MIXED), records('again', 500, MIXED))
})

test('no uid comes twice, in one run or in runs with other seeds', () => {
  const uids = ['a', 'b', '1', '2'].flatMap((seed) => records(seed, 2000, NONE)).map(({ uid }) => uid)
  assert.equal(new Set(uids).size, uids.length)
})

test('what is made invalid is refused by every reader, in all the ways', () => {
  const failures = new Set<string>()
  for (const record of records('invalid', 1000, { ...NONE, invalid: 1 })) {
    const result = readOrder(record.value, LIMITS)
    assert.ok(!result.ok)
    failures.add(result.type)
  }
  assert.deepEqual([...failures].toSorted(), [
    'empty_value',
    'invalid_order',
    'malformed_json',
    'malformed_utf8',
  ])
})

test('a duplicate has the content of an earlier order, sometimes in another spelling; a conflict has not', () => {
  const originals = new Map<string, { hash: string; value: Buffer | null }>()
  let respelled = 0
  let conflicts = 0
  for (const record of records('mixed', 3000, MIXED)) {
    if (record.kind === 'invalid') continue
    const { order, contentHash } = readValid(record)
    const hash = contentHash.toString('hex')
    assert.equal(record.key?.toString(), order.order_uid)
    const original = originals.get(order.order_uid)
    if (record.kind === 'valid') {
      assert.equal(original, undefined)
      originals.set(order.order_uid, { hash, value: record.value })
    } else {
      assert.equal(original?.hash === hash, record.kind === 'duplicate')
      if (record.kind === 'conflict') conflicts++
      else if (original?.value?.equals(record.value ?? Buffer.alloc(0)) === false) respelled++
    }
  }
  assert.equal(conflicts, 600)
  assert.ok(respelled > 100 && respelled < 400, String(respelled))
})

test('an invalid record is keyed by a uid that no order has', () => {
  const all = records('mixed', 1000, MIXED)
  const orders = new Set(all.filter(({ kind }) => kind === 'valid').map(({ uid }) => uid))
  for (const { kind, key } of all) assert.ok(kind !== 'invalid' || !orders.has(key?.toString()))
})
