import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { TAIL } from '../../src/order/canonical-layout.ts'
import { crossFieldViolations } from '../../src/order/cross-field.ts'
import { brokenRulesOf, readContent } from '../../src/order/order-content.ts'
import type { Order } from '../../src/order/order.ts'
import { itemAt, scanOrder } from '../../src/order/scan.ts'
import { orders } from './arbitrary-orders.ts'
import { canonicalText, LIMITS, MODEL_BYTES, modelOrder, modelWith, OTHER_BYTES, read } from './fixtures.ts'

/** The quick way may decline, but what it accepts is what `readOrder` reads, spelled canonically. */
function assertAgrees(value: Buffer): boolean {
  const scanned = scanOrder(value)
  if (scanned === undefined) return false
  const reading = read(value)
  assert.ok(reading.ok, 'an order was scanned that is none')
  assert.equal(reading.canonical.toString(), value.toString())
  assert.equal(reading.unknownFields, 0)
  const content = readContent(value, LIMITS)
  assert.ok(content.ok)
  assert.deepEqual(content.content.order, reading.order)
  assert.deepEqual(content.content.contentHash, reading.contentHash)
  assert.equal(content.content.uid, reading.order.order_uid)
  assert.deepEqual(brokenRulesOf(content.content), crossFieldViolations(reading.order))
  return true
}

const canonicalOrders = orders.map((order) => Buffer.from(canonicalText(JSON.stringify(order))))

test('an order in its canonical spelling is scanned, unless a text has a rare escape or the e-mail is out of the ordinary', () => {
  assert.ok(assertAgrees(MODEL_BYTES.subarray(0, MODEL_BYTES.indexOf('\n') >>> 0)))
  assert.ok(assertAgrees(Buffer.from(canonicalText(OTHER_BYTES))))
  fc.assert(
    fc.property(canonicalOrders, (value) => {
      const order: Order = JSON.parse(value.toString())
      const ordinary =
        !/\\[^"\\]/.test(value.toString().replaceAll(/\\\\/g, '')) &&
        /^[!-~\u0400-\u04ff]*$/.test(order.delivery.email)
      assert.ok(assertAgrees(value) || !ordinary)
    }),
  )
})

test('no byte that is changed, left out or put in makes the scan accept what reading refuses or spells otherwise', () => {
  const edits = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      cut: fc.nat(2),
      put: fc.oneof(
        fc.constantFrom(
          '',
          '"',
          '\\',
          ',',
          '0',
          '1',
          '9',
          '}',
          '{',
          ' ',
          '.',
          '-',
          'Z',
          'T',
          ':',
          '@',
          'е',
          '\u2003',
          '\u00a0',
          '𐍈',
          'e1',
          '00',
        ),
        fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      ),
      latin: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  )
  fc.assert(
    fc.property(fc.oneof(fc.constant(MODEL_BYTES), canonicalOrders), edits, (value, changes) => {
      let bytes: Buffer = value
      for (const { at, cut, put, latin } of changes) {
        const start = Math.floor(at * bytes.length)
        const middle = Buffer.from(put, latin ? 'latin1' : 'utf8')
        bytes = Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(start + cut)])
      }
      assertAgrees(bytes)
    }),
    { numRuns: 3_000 },
  )
})

const TEXT_FIELDS = Object.entries(modelOrder())
  .filter(([, value]) => typeof value === 'string')
  .map(([name]) => `/${name}`)
  .concat(['/delivery/name', '/delivery/email', '/payment/currency', '/payment/request_id', '/items/0/size'])
const NUMBER_FIELDS = ['/sm_id', '/payment/amount', '/payment/payment_dt', '/items/0/sale', '/items/0/nm_id']

test('every field at and beyond its bounds is scanned only where reading agrees', () => {
  const texts = [
    '',
    '.',
    '..',
    '...',
    'a@b',
    '@b',
    'a@',
    'a@@b',
    'a b@c',
    'a\u00a0@b',
    'а@пример.рф',
    'USD',
    'usd',
    'USDT',
  ]
    .concat(
      [1, 3, 128, 129, 254, 255, 1024, 1025, 4096, 4097].flatMap((n) => [
        'x'.repeat(n),
        'ы'.repeat(n),
        '𐍈'.repeat(n),
      ]),
    )
    .concat(['\u007f', '\u2028', '\ufeff', '\ufffd', 'a\\b', 'tab\t', '\u0000', '\ud800'])
    .concat([
      '2021-11-26T06:22:19Z',
      '2021-11-26T06:22:19.5Z',
      '2021-11-26T06:22:19.50Z',
      '2021-11-26T06:22:19.Z',
    ])
    .concat([
      '0000-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999999Z',
      '2021-02-29T00:00:00Z',
    ])
    .concat(['2024-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2021-04-31T00:00:00Z', '2021-11-26T24:00:00Z'])
    .concat([
      '2021-11-26T23:60:00Z',
      '2021-11-26T23:00:60Z',
      '2021-11-26t23:00:00Z',
      '2021-11-26T23:00:00+00:00',
    ])
    .concat([
      '2021-11-26T23:00:00.1234567Z',
      '2021-00-26T23:00:00Z',
      '2021-13-26T23:00:00Z',
      '2021-11-00T23:00:00Z',
    ])
  let scanned = 0
  for (const field of TEXT_FIELDS)
    for (const text of texts) if (assertAgrees(Buffer.from(modelWith(field, text)))) scanned++
  const numbers = [
    '0',
    '00',
    '01',
    '-1',
    '-0',
    '1.0',
    '1e3',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
  ].concat(['90071992547409910', '1e999', 'null', '""', '1 ', 'true'])
  for (const field of NUMBER_FIELDS)
    for (const number of numbers)
      if (assertAgrees(Buffer.from(modelWith(field, 4711).replace('4711', number)))) scanned++
  assert.ok(scanned > 100, `only ${scanned} were scanned`)
})

test('an order without items is not scanned, nor is one of very many', () => {
  const { items } = modelOrder()
  for (const [count, scanned] of [
    [0, false],
    [1, true],
    [1_000, true],
    [1_001, false],
  ] as const) {
    const value = Buffer.from(
      modelWith(
        '/items',
        Array.from({ length: count }, () => items[0]),
      ),
    )
    assert.equal(assertAgrees(value), scanned, String(count))
  }
})

test('orders that were scanned before stay as they are', () => {
  const values = fc.sample(canonicalOrders, 2_000)
  const contents = values.map((value) => readContent(value, LIMITS))
  for (const [index, reading] of contents.entries()) {
    assert.ok(reading.ok)
    const { scanned, uid } = reading.content
    const again = scanOrder(values[index] ?? Buffer.alloc(0))
    assert.equal(scanned?.uid, again?.uid)
    assert.equal(uid, JSON.parse(String(values[index])).order_uid)
    if (scanned === undefined || again === undefined) continue
    const numbers = (one: typeof scanned) =>
      one.fields.slice(one.start, one.start + itemAt(one.itemCount) + TAIL.numbers)
    assert.deepEqual(numbers(scanned), numbers(again))
  }
})

test('cross-field rules are broken by a scanned order exactly when its order breaks them', () => {
  const small = fc.constantFrom(0, 1, 30, 99, 100, 101, 317, 318, 453, 1500, 1817)
  const changes = fc.array(
    fc.tuple(
      fc.constantFrom(
        '/payment/amount',
        '/payment/goods_total',
        '/payment/delivery_cost',
        '/items/0/price',
        '/items/0/sale',
        '/items/0/total_price',
        '/payment/custom_fee',
      ),
      small,
    ),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(
      changes,
      fc.constantFrom('WBILMTESTTRACK', 'OTHER'),
      fc.integer({ min: -61, max: 61 }),
      (set, track, skew) => {
        const order = modelOrder()
        for (const [pointer, value] of set) {
          const [, part = '', name = '', field = ''] = pointer.split('/')
          if (part === 'payment') Reflect.set(order.payment, name, value)
          else for (const item of order.items) Reflect.set(item, field, value)
        }
        order.payment.payment_dt += skew
        for (const item of order.items) item.track_number = track
        assert.ok(assertAgrees(Buffer.from(JSON.stringify(order))))
      },
    ),
  )
})
