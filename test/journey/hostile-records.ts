import { itemsOf, orderJson as json } from '../../chaos/workload/hostile/base-order.ts'
import type { ErrorType } from '../../src/pipeline/failure.ts'
import type { Header } from '../../src/pipeline/record.ts'

/** A record that somebody could produce, and where it has to end. */
export interface HostileRecord {
  readonly name: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  /** Stored under this uid; or a dead letter of this type. */
  readonly ends: { readonly uid: string } | { readonly type: ErrorType }
}

/** For a service with this as MAX_ORDER_BYTES. */
export const MAX_ORDER_BYTES = 2_000_000

type Value = string | Buffer | null

const bytesOf = (value: Value): Buffer | null => (typeof value === 'string' ? Buffer.from(value) : value)

/** With `text`, which is JSON already, as the value of a field. */
function withRaw(uid: string, field: string, text: string): string {
  return json(uid, { [field]: '@' }).replace('"@"', text)
}

const BAD_DATES = [
  'now',
  'infinity',
  'epoch',
  '2021-02-30T00:00:00Z',
  '2021-02-01T24:00:00Z',
  '2016-12-31T23:59:60Z',
  '2021-02-01',
  '10000-01-01T00:00:00Z',
  '0000-12-31T00:00:00Z',
]
const BAD_NUMBERS = ['9007199254740993', '1.5', '1e21', '1e999', '-1', '"5"', 'null', '[1]']

const REFUSED_VALUES: readonly (readonly [name: string, value: Value, type: ErrorType])[] = [
  ['no value', null, 'empty_value'],
  ['an empty value', '', 'empty_value'],
  [
    'a value above the limit',
    json('large', { internal_signature: 'x'.repeat(MAX_ORDER_BYTES) }),
    'too_large',
  ],
  ['a stray byte', Buffer.concat([Buffer.from(json('stray')), Buffer.from([0xff])]), 'malformed_utf8'],
  [
    'an overlong form',
    Buffer.concat([Buffer.from('"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"')]),
    'malformed_utf8',
  ],
  ['half a pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'malformed_utf8'],
  ['UTF-16', Buffer.from(`\ufeff${json('utf16')}`, 'utf16le'), 'malformed_utf8'],
  ['a NUL by an escape', withRaw('nul', 'locale', '"e\\u0000n"'), 'invalid_order'],
  ['a NUL as it is', withRaw('nul', 'locale', '"e\u0000n"'), 'malformed_json'],
  ['a lone surrogate by an escape', withRaw('lone', 'customer_id', '"\\ud800"'), 'invalid_order'],
  ['100,000 arrays', '['.repeat(100_000) + ']'.repeat(100_000), 'malformed_json'],
  ['100,000 arrays that are not closed', '['.repeat(100_000), 'malformed_json'],
  [
    '100,000 arrays in an unknown field',
    withRaw('deep', 'unknown', '['.repeat(100_000) + ']'.repeat(100_000)),
    'malformed_json',
  ],
  ['10,001 items', json('items', { items: itemsOf(10_001) }), 'invalid_order'],
  ['two orders in a row', json('one') + json('two'), 'malformed_json'],
  ['an array of orders', `[${json('one')}]`, 'invalid_order'],
  ['null', 'null', 'invalid_order'],
  ['a text', '"order"', 'invalid_order'],
  ['fields of a prototype only', '{"__proto__":' + json('proto') + '}', 'invalid_order'],
  ...BAD_NUMBERS.map(
    (text) => [`the number ${text}`, withRaw('number', 'sm_id', text), 'invalid_order'] as const,
  ),
  ...BAD_DATES.map(
    (text) => [`the date ${text}`, json('date', { date_created: text }), 'invalid_order'] as const,
  ),
]

const ACCEPTED_VALUES: readonly (readonly [name: string, value: (uid: string) => Value])[] = [
  ['10,000 items', (uid) => json(uid, { items: itemsOf(10_000) })],
  ['a byte order mark', (uid) => `\ufeff${json(uid)}`],
  [
    'keys of prototypes',
    (uid) => json(uid).replace('{', '{"__proto__":{"entry":"x"},"constructor":{"prototype":1},'),
  ],
  ['the same key twice', (uid) => json(uid).replace('{', '{"order_uid":"first","locale":7,')],
  [
    'SQL and HTML',
    (uid) => json(uid, { locale: `'; drop table orders; --`, entry: '<script>alert(1)</script>' }),
  ],
  ['the largest numbers', (uid) => json(uid, { sm_id: Number.MAX_SAFE_INTEGER })],
  ['unknown fields', (uid) => json(uid, { '': null, 'a.b': [[{}]], ünknown: 'x'.repeat(100_000) })],
]

const header = (name: string | Buffer, value: string | Buffer | null): Header => [
  typeof name === 'string' ? Buffer.from(name) : name,
  bytesOf(value),
]

const FOREIGN_HEADERS: readonly (readonly [name: string, headers: readonly Header[]])[] = [
  ['binary headers', [header(Buffer.from([0xff, 0]), Buffer.from([0, 0xff])), header('nul\u0000', '\u0000')]],
  ['repeated headers', [header('a', '1'), header('a', null), header('a', ''), header('', 'no name')]],
  ['10,000 headers', Array.from({ length: 10_000 }, (_, n) => header(`h${n % 3}`, String(n)))],
  ['a huge header', [header('huge', Buffer.alloc(700_000, 0xc3))]],
  ['a huge name', [header('n'.repeat(100_000), 'x')]],
]

/** Under our names, in forms that we never write, or that would hide the record if they were believed. */
const FORGED_HEADERS: readonly (readonly [name: string, headers: readonly Header[]])[] = [
  ...['-1', '1e9', 'abc', '', '01', 'x'.repeat(5_000), '10'].map(
    (retry) => [`retry: ${retry.slice(0, 10)}`, [header('retry', retry)]] as const,
  ),
  ['a retry without a value, and twice', [header('retry', null), header('retry', '3'), header('retry', '4')]],
  [
    'a wait until the year 9999',
    [header('retry-not-before', '253402300799999'), header('first-failed-at', 'never')],
  ],
  [
    'a source of its own',
    [
      header('source-topic', 'elsewhere'),
      header('source-topic-id', '99999999-9999-4999-8999-999999999999'),
      header('source-partition', '0'),
      header('source-offset', '0'),
      header('error_type', 'conflict'),
      header('error_message', 'forged \u0000'),
      header('replay-of', 'forged'),
      header('traceparent', 'forged'),
    ],
  ],
]

const KEYS: readonly (readonly [name: string, key: Buffer | null])[] = [
  ['no key', null],
  ['an empty key', Buffer.alloc(0)],
  ['a binary key', Buffer.from([0, 0xff, 0xfe])],
  ['a huge key', Buffer.alloc(100_000, 0x61)],
]

/** Every hostile record; those that are orders have uids that begin with `prefix`. */
export function hostileRecords(prefix: string): HostileRecord[] {
  let count = 0
  const stored = (
    name: string,
    value: (uid: string) => Value,
    headers: readonly Header[] = [],
    key?: Buffer | null,
  ) => {
    const uid = `${prefix}-${++count}`
    return {
      name,
      key: key === undefined ? Buffer.from(uid) : key,
      value: bytesOf(value(uid)),
      headers,
      ends: { uid },
    }
  }
  const refused = (
    name: string,
    value: Value,
    type: ErrorType,
    headers: readonly Header[] = [],
    key?: Buffer | null,
  ) => ({
    name,
    key: key === undefined ? Buffer.from(`refused-${++count}`) : key,
    value: bytesOf(value),
    headers,
    ends: { type },
  })
  return [
    ...REFUSED_VALUES.map(([name, value, type]) => refused(name, value, type)),
    ...ACCEPTED_VALUES.map(([name, value]) => stored(name, value)),
    ...[...FOREIGN_HEADERS, ...FORGED_HEADERS].flatMap(([name, headers]) => [
      stored(name, (uid) => json(uid), headers),
      refused(name, '{}', 'invalid_order', headers),
      refused(name, null, 'empty_value', headers),
    ]),
    ...KEYS.flatMap(([name, key]) => [
      stored(name, (uid) => json(uid), [], key),
      refused(name, 'no JSON', 'malformed_json', [], key),
    ]),
  ]
}
