import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ascii } from '../../src/order/canonical-layout.ts'
import { CanonicalWriter } from '../../src/order/canonical-writer.ts'
import { canonicalInstant, epochSeconds } from '../../src/order/instant.ts'

const QUOTE = ascii('"')
const writer = new CanonicalWriter()

test('a text is written as JSON spells it, whatever it needs to be escaped', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\u0001', '\t', 'ж') }),
  )
  fc.assert(
    fc.property(unit, unit, (before, text) => {
      fc.pre(text.isWellFormed() && before.isWellFormed())
      const source = Buffer.from(before + text)
      writer.literal(QUOTE)
      writer.text(source, Buffer.byteLength(before), source.length)
      assert.equal(writer.take().toString(), JSON.stringify(text))
    }),
  )
})

test('an integer is written as JSON spells it', () => {
  const edges = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -1, -(2 ** 53 - 1)]
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.nat(1000), fc.constantFrom(...edges)), (value) => {
      writer.integer(value)
      assert.equal(writer.take().toString(), String(value))
    }),
  )
})

test('an instant of any year is written in its canonical form', () => {
  const instant = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  const micros = fc.oneof(fc.constant(0), fc.nat(999_999))
  fc.assert(
    fc.property(instant, micros, (date, fraction) => {
      const text = `${date.toISOString().slice(0, 19)}.${String(fraction).padStart(6, '0')}Z`
      const canonical = canonicalInstant(text) ?? ''
      writer.instant(epochSeconds(canonical), fraction)
      assert.equal(writer.take().toString(), `${canonical}"`)
    }),
    { numRuns: 2_000 },
  )
})

test('what is longer than anything before is written whole', () => {
  const text = Buffer.alloc(100_000, 'x')
  for (let times = 0; times < 3; times++) {
    writer.literal(QUOTE)
    writer.text(text, 0, text.length)
  }
  assert.equal(writer.take().toString(), `"${text.toString()}"`.repeat(3))
  assert.equal(writer.take().length, 0)
})
