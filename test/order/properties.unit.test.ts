import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { orders } from './arbitrary-orders.ts'
import { MODEL_BYTES, read } from './fixtures.ts'

function readValid(value: string) {
  const result = read(value)
  assert.ok(result.ok, result.ok ? '' : result.message)
  return result
}

/** The same JSON with its keys turned round, white space, and every character of its texts escaped. */
function respelled(value: unknown): string {
  if (typeof value === 'string')
    return `"${value.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
  if (Array.isArray(value)) return `[ ${value.map(respelled).join(' ,\n')}\t]`
  if (typeof value !== 'object' || value === null) return `${JSON.stringify(value)}e0`
  const members = Object.entries(value).map(([name, member]) => `${respelled(name)} : ${respelled(member)}`)
  return `{ ${members.toReversed().join(',\r\n')} }`
}

function withOffset(instant: string, minutes: number): string {
  const local = new Date(Date.parse(instant) + minutes * 60_000).toISOString().slice(0, -1)
  const absolute = Math.abs(minutes)
  const hours = String(Math.floor(absolute / 60)).padStart(2, '0')
  return `${local}${minutes < 0 ? '-' : '+'}${hours}:${String(absolute % 60).padStart(2, '0')}`
}

test('the canonical form of the canonical form is itself', () => {
  fc.assert(
    fc.property(orders, (order) => {
      const { canonical, contentHash } = readValid(JSON.stringify(order))
      const again = readValid(canonical.toString())
      assert.deepEqual(again.canonical, canonical)
      assert.deepEqual(again.contentHash, contentHash)
    }),
  )
})

test('white space, key order, escapes and the offset of the date leave content hash and canonical form alone', () => {
  fc.assert(
    fc.property(orders, fc.integer({ min: -1439, max: 1439 }), (order, minutes) => {
      const plain = readValid(JSON.stringify(order))
      const other = { ...order, date_created: withOffset(order.date_created, minutes) }
      const spelled = readValid(respelled(other))
      assert.equal(spelled.canonical.toString(), plain.canonical.toString())
      assert.deepEqual(spelled.contentHash, plain.contentHash)
    }),
  )
})

test('orders of different content have different hashes', () => {
  fc.assert(
    fc.property(orders, orders, (one, other) => {
      const a = readValid(JSON.stringify(one))
      const b = readValid(JSON.stringify(other))
      assert.equal(a.contentHash.equals(b.contentHash), a.canonical.equals(b.canonical))
    }),
  )
})

test('any bytes at all are answered with a value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(typeof read(Buffer.from(bytes)).ok, 'boolean')
    }),
  )
})

test('any JSON at all is answered with a value', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      assert.equal(read(json).ok, false)
    }),
  )
})

const HOSTILE = [
  '\\u0000',
  '\\ud800',
  '"',
  '{',
  '['.repeat(100),
  '"__proto__":{"x":1},',
  '"constructor":null,',
  '1e999',
  '-1',
  'null',
  '<script>',
  '=cmd()',
  '\u202e',
]
const mutations = fc.array(
  fc.record({
    at: fc.nat(MODEL_BYTES.length - 1),
    remove: fc.nat(20),
    insert: fc.oneof(
      fc.constantFrom(...HOSTILE).map((snippet) => Buffer.from(snippet)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

test('the fixture with anything cut out and put in is an order or a failure, never an error', () => {
  fc.assert(
    fc.property(mutations, (edits) => {
      let value: Buffer = MODEL_BYTES
      for (const { at, remove, insert } of edits)
        value = Buffer.concat([value.subarray(0, at), insert, value.subarray(at + remove)])
      const result = read(value)
      if (result.ok) assert.deepEqual(readValid(result.canonical.toString()).canonical, result.canonical)
      else assert.ok(result.type !== 'invalid_order' || result.violations.length > 0)
    }),
    { numRuns: 1000 },
  )
})
