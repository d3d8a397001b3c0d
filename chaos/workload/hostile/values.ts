import * as fc from 'fast-check'
import type { ErrorType } from '../../../src/pipeline/failure.ts'
import { baseOrder, itemsOf, orderJson } from './base-order.ts'

/** Where a record may end; `somewhere` is for what nobody can foretell, but it must be exactly one place. */
export type Ending = 'stored' | 'duplicate' | 'somewhere' | 'dead letter' | ErrorType

/** For a service with this as MAX_ORDER_BYTES. */
export const MAX_ORDER_BYTES = 2_000_000

type Path = readonly (string | number)[]

/** Every place of the order that holds a value of this type. */
function pathsOf(type: 'string' | 'number', value: unknown = baseOrder(), path: Path = []): Path[] {
  if (typeof value === type) return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(type, inner, [...path, name]))
}

/** The order with another JSON text at `path`. */
function withText(uid: string, path: Path, text: string): string {
  const order: object = { ...baseOrder(), order_uid: uid }
  const parent = path.slice(0, -1).reduce<object>((inner, name) => Reflect.get(inner, name), order)
  Reflect.set(parent, path.at(-1) ?? '', '@@')
  return JSON.stringify(order).replace('"@@"', () => text)
}

const TEXTS = pathsOf('string').filter((path) => path[0] !== 'order_uid')
const NUMBERS = pathsOf('number')
const text = fc.constantFrom(...TEXTS)
const number = fc.constantFrom(...NUMBERS)

export interface HostileValue {
  readonly name: string
  readonly make: (uid: string) => string | Buffer | null
  readonly ends: Ending
}

const value = (name: string, ends: Ending, make: HostileValue['make']): HostileValue => ({ name, ends, make })
const always = (name: string, ends: Ending, make: HostileValue['make']): fc.Arbitrary<HostileValue> =>
  fc.constant(value(name, ends, make))

/** Where the order itself ends after `at` of its bytes, with these in between. */
function withBytes(uid: string, at: number, bytes: Buffer, dropped = 0): Buffer {
  const whole = Buffer.from(orderJson(uid))
  const cut = Math.floor(at * whole.length)
  return Buffer.concat([whole.subarray(0, cut), bytes, whole.subarray(cut + dropped)])
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const BAD_UTF8 = ['ff', 'c0af', 'eda080', 'f4908080', '80', 'e282'].map((hex) => Buffer.from(hex, 'hex'))
const BAD_NUMBERS = ['9007199254740993', '1.5', '1e21', '1e999', '-1', '"5"', 'null', '[1]', 'true', '{}']
const BAD_DATES = [
  'now',
  'infinity',
  '-infinity',
  'epoch',
  'today',
  '2021-02-30T00:00:00Z',
  '2021-02-01T24:00:00Z',
  '2016-12-31T23:59:60Z',
  '2021-02-01',
  '10000-01-01T00:00:00Z',
]
const UGLY = [
  '<script>alert(1)</script>',
  '=cmd|"/c calc"!A1',
  "'; drop table orders; --",
  '\u202egnp.exe',
  '\u0007\u001b[2J',
  '𝕏'.repeat(20),
  '\\N\t\r\n',
]

/** Each way in which a value can be hostile, and how often. */
export const VALUES: readonly fc.WeightedArbitrary<HostileValue>[] = [
  {
    weight: 120,
    arbitrary: text.map((path) =>
      value(`NUL escape in ${path.join('/')}`, 'invalid_order', (uid) => withText(uid, path, '"a\\u0000b"')),
    ),
  },
  {
    weight: 80,
    arbitrary: text.map((path) =>
      value(`NUL in ${path.join('/')}`, 'malformed_json', (uid) => withText(uid, path, '"a\u0000b"')),
    ),
  },
  {
    weight: 120,
    arbitrary: fc
      .tuple(text, fc.constantFrom('\\ud800', '\\udfff', '\\udc00\\ud800'))
      .map(([path, half]) =>
        value(`lone surrogate in ${path.join('/')}`, 'invalid_order', (uid) =>
          withText(uid, path, `"${half}"`),
        ),
      ),
  },
  {
    weight: 160,
    arbitrary: fc
      .tuple(share, fc.constantFrom(...BAD_UTF8))
      .map(([at, bytes]) =>
        value(`bad UTF-8 ${bytes.toString('hex')}`, 'malformed_utf8', (uid) => withBytes(uid, at, bytes)),
      ),
  },
  { weight: 80, arbitrary: always('no value', 'empty_value', () => null) },
  { weight: 80, arbitrary: always('an empty value', 'empty_value', () => '') },
  {
    weight: 3,
    arbitrary: always('too large', 'too_large', (uid) =>
      orderJson(uid, { internal_signature: 'x'.repeat(MAX_ORDER_BYTES) }),
    ),
  },
  {
    weight: 10,
    arbitrary: always('100,000 arrays', 'malformed_json', () => '['.repeat(100_000) + ']'.repeat(100_000)),
  },
  { weight: 10, arbitrary: always('100,000 arrays unclosed', 'malformed_json', () => '['.repeat(100_000)) },
  {
    weight: 60,
    arbitrary: fc
      .integer({ min: 65, max: 3_000 })
      .map((depth) =>
        value(`${depth} levels`, 'malformed_json', (uid) =>
          orderJson(uid).replace('{', `{"deep":${'{"a":['.repeat(depth)}${']}'.repeat(depth)},`),
        ),
      ),
  },
  {
    weight: 3,
    arbitrary: always('10,000 items', 'stored', (uid) => orderJson(uid, { items: itemsOf(10_000) })),
  },
  {
    weight: 3,
    arbitrary: always('10,001 items', 'invalid_order', (uid) => orderJson(uid, { items: itemsOf(10_001) })),
  },
  {
    weight: 40,
    arbitrary: fc
      .integer({ min: 2, max: 100 })
      .map((n) => value(`${n} items`, 'stored', (uid) => orderJson(uid, { items: itemsOf(n) }))),
  },
  {
    weight: 80,
    arbitrary: fc
      .constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty')
      .map((name) =>
        value(`the key ${name}`, 'stored', (uid) =>
          orderJson(uid).replace('{', `{"${name}":{"entry":"x","order_uid":"y"},`),
        ),
      ),
  },
  {
    weight: 160,
    arbitrary: fc
      .tuple(number, fc.constantFrom(...BAD_NUMBERS))
      .map(([path, bad]) =>
        value(`${bad} in ${path.join('/')}`, 'invalid_order', (uid) => withText(uid, path, bad)),
      ),
  },
  {
    weight: 120,
    arbitrary: fc
      .constantFrom(...BAD_DATES)
      .map((date) =>
        value(`the date ${date}`, 'invalid_order', (uid) => orderJson(uid, { date_created: date })),
      ),
  },
  {
    weight: 120,
    arbitrary: fc
      .tuple(fc.constantFrom('name', 'city', 'address', 'region'), fc.constantFrom(...UGLY))
      .map(([field, ugly]) =>
        value(`${JSON.stringify(ugly)} in ${field}`, 'stored', (uid) =>
          orderJson(uid, { delivery: { ...baseOrder().delivery, [field]: ugly } }),
        ),
      ),
  },
  {
    weight: 160,
    arbitrary: fc
      .tuple(share, fc.uint8Array({ maxLength: 4 }), fc.integer({ min: 0, max: 4 }))
      .map(([at, bytes, dropped]) =>
        value('some bytes changed', 'somewhere', (uid) => withBytes(uid, at, Buffer.from(bytes), dropped)),
      ),
  },
  {
    weight: 60,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: 200 })
      .map((bytes) => value('noise', 'dead letter', () => Buffer.from(bytes))),
  },
  { weight: 60, arbitrary: fc.json().map((json) => value('any JSON', 'dead letter', () => json)) },
  { weight: 120, arbitrary: always('an order', 'stored', (uid) => orderJson(uid)) },
]
