import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokenPointers, MODEL_BYTES, modelWith } from './fixtures.ts'

/** Characters of two UTF-16 units each, so that a limit in units would show. */
const wide = (count: number) => '🎁'.repeat(count)

const texts = (min: number, max: number) => ({
  accepted: [
    'a'.repeat(Math.max(1, min)),
    ...(min === 0 ? [''] : []),
    'x'.repeat(max),
    wide(max),
    'ёЖ\u200f<b>=1+1',
  ],
  refused: [
    ...(min === 0 ? [] : ['']),
    'x'.repeat(max + 1),
    wide(max + 1),
    'x'.repeat(3 * max),
    'a\u0000',
    '\ud800',
    'a\udc00b',
  ],
})

const integers = {
  accepted: [0, 1, 2 ** 53 - 1],
  refused: [-1, 1.5, 2 ** 53, 1e21],
}

const RULES: Readonly<Record<string, { accepted: unknown[]; refused: unknown[] }>> = {
  '/order_uid': {
    accepted: ['a', 'A'.repeat(128), 'b563feb7b2b84b6test', '...', '.a', 'gen-20260301.7~a', 'a:b_c'],
    refused: ['', '.', '..', 'x'.repeat(129), 'a b', 'a/b', 'ё', 'a\n', 'a%20', '\u0000', '\ud800'],
  },
  '/track_number': texts(1, 128),
  '/entry': texts(1, 128),
  '/locale': texts(1, 128),
  '/customer_id': texts(1, 128),
  '/delivery_service': texts(1, 128),
  '/shardkey': texts(1, 128),
  '/oof_shard': texts(1, 128),
  '/internal_signature': texts(0, 4096),
  '/sm_id': integers,
  '/date_created': {
    accepted: ['2021-11-26T06:22:19Z', '2026-03-01T03:04:05.123456+03:00'],
    refused: [
      '',
      'now',
      'infinity',
      'epoch',
      '2021-02-30T00:00:00Z',
      '2021-11-26T24:00:00Z',
      '2021-11-26T06:22:60Z',
    ],
  },
  '/delivery/name': texts(1, 1024),
  '/delivery/phone': texts(1, 1024),
  '/delivery/zip': texts(1, 1024),
  '/delivery/city': texts(1, 1024),
  '/delivery/address': texts(1, 1024),
  '/delivery/region': texts(1, 1024),
  '/delivery/email': {
    accepted: ['a@b', 'anna+заказ@пример.рф', `${wide(126)}@${wide(127)}`, `${'a'.repeat(252)}@b`],
    refused: [
      '',
      '@',
      'ab',
      'a@',
      '@b',
      'a@b@c',
      'a b@c',
      'a@b\n',
      'a@\u00a0b',
      `${'a'.repeat(253)}@b`,
      'a@b\u0000',
    ],
  },
  '/payment/transaction': texts(1, 128),
  '/payment/request_id': texts(0, 128),
  '/payment/currency': {
    accepted: ['USD', 'XYZ'],
    refused: ['', 'usd', 'US', 'USDT', 'US1', 'USD\n', 'ЕВР'],
  },
  '/payment/provider': texts(1, 128),
  '/payment/bank': texts(1, 128),
  '/payment/amount': integers,
  '/payment/payment_dt': integers,
  '/payment/delivery_cost': integers,
  '/payment/goods_total': integers,
  '/payment/custom_fee': integers,
  '/items/0/chrt_id': integers,
  '/items/0/price': integers,
  '/items/0/sale': integers,
  '/items/0/total_price': integers,
  '/items/0/nm_id': integers,
  '/items/0/status': integers,
  '/items/0/track_number': texts(1, 1024),
  '/items/0/rid': texts(1, 1024),
  '/items/0/name': texts(1, 1024),
  '/items/0/size': texts(1, 1024),
  '/items/0/brand': texts(1, 1024),
  '/delivery': { accepted: [], refused: [] },
  '/payment': { accepted: [], refused: [] },
  '/items': { accepted: [], refused: [[]] },
}

/** Absent means "". */
const OPTIONAL = new Set(['/internal_signature', '/payment/request_id'])

const ONE_OF_EACH_TYPE = [null, true, 5, '5', [5], { 0: 5, length: 1 }]

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function valueAt(pointer: string): unknown {
  let value: unknown = JSON.parse(MODEL_BYTES.toString())
  for (const name of pointer.split('/').slice(1)) value = Reflect.get(value as object, name)
  return value
}

for (const [pointer, { accepted, refused }] of Object.entries(RULES)) {
  describe(pointer, () => {
    test('accepts what can be stored, returned and understood', () => {
      for (const value of accepted)
        assert.deepEqual(brokenPointers(modelWith(pointer, value)), [], JSON.stringify(value))
    })
    test('refuses everything else, naming the place', () => {
      for (const value of refused)
        assert.deepEqual(brokenPointers(modelWith(pointer, value)), [pointer], JSON.stringify(value))
    })
    test('is never coerced from another type', () => {
      const own = typeOf(valueAt(pointer))
      for (const value of ONE_OF_EACH_TYPE.filter((other) => typeOf(other) !== own))
        assert.deepEqual(brokenPointers(modelWith(pointer, value)), [pointer], JSON.stringify(value))
    })
    test(OPTIONAL.has(pointer) ? 'may be absent' : 'is required', () => {
      const wanted = OPTIONAL.has(pointer) ? [] : [pointer]
      assert.deepEqual(brokenPointers(modelWith(pointer, undefined)), wanted)
    })
  })
}

test('numbers are judged by their parsed value', () => {
  const amount = (digits: string) => MODEL_BYTES.toString().replace('"amount":1817', `"amount":${digits}`)
  for (const digits of ['1817.0', '1e3', '-0', '0.0', '9007199254740991'])
    assert.deepEqual(brokenPointers(amount(digits)), [], digits)
  for (const digits of [
    '9007199254740992',
    '9007199254740993',
    '1e999',
    '-1e999',
    '1e21',
    '1.5',
    '-1',
    '1e-7',
  ])
    assert.deepEqual(brokenPointers(amount(digits)), ['/payment/amount'], digits)
})

test('an escape that spells an ordinary character is fine, one that makes U+0000 or half a pair is not', () => {
  const named = (escape: string) => MODEL_BYTES.toString().replace('Test Testov', escape)
  assert.deepEqual(brokenPointers(named('\\u0416\\ud83c\\udf81')), [])
  assert.deepEqual(brokenPointers(named('a\\\\u0000')), [])
  for (const escape of ['\\u0000', '\\ud83c', '\\udf81\\ud83c', '\\uD83Cx'])
    assert.deepEqual(brokenPointers(named(escape)), ['/delivery/name'], escape)
})
