import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { canonicalInstant, microsecondsSince2000 } from '../../src/order/instant.ts'
import {
  bytesColumn,
  int4Column,
  int8Column,
  textColumn,
  timestampColumn,
} from '../../src/postgres/binary-columns.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })

/** What the server makes of a column, each element as text. */
async function received(column: Buffer, type: string): Promise<(string | null)[]> {
  const rows = await database.rows<{ value: string | null }>(
    `select value::text as value from unnest($1::${type}[]) with ordinality as t (value, at) order by at`,
    [column],
  )
  return rows.map(({ value }) => value)
}

test('texts arrive as they are: empty, long, of any script, and what means something elsewhere', async () => {
  const texts = [
    '',
    'plain',
    'Строка с кириллицей',
    '漢字 🧑‍🚀 e\u0301 \u202eright to left\u202c',
    'NULL',
    '{"a","b"}',
    "'; drop table orders; --",
    '\\N\\.\t\r\n\u0001\u007f\u0085\u2028',
    '\ufeff\uffff\u{10ffff}',
    ' around ',
    'ж'.repeat(100_000),
    '𝄞'.repeat(50_000),
  ]
  assert.deepEqual(
    await received(
      textColumn(texts, (text) => text),
      'text',
    ),
    texts,
  )
})

test('a column of no rows is an empty array of its type', async () => {
  const none: readonly never[] = []
  const columns = [
    [textColumn(none, () => ''), 'text'],
    [bytesColumn(none, () => null), 'bytea'],
    [int8Column(none, () => 0), 'int8'],
    [int4Column(none, () => 0), 'int4'],
    [timestampColumn(none, () => 0n), 'timestamptz'],
  ] as const
  for (const [column, type] of columns) assert.deepEqual(await received(column, type), [], type)
})

test('whole numbers arrive exactly, up to the last safe one', async () => {
  const large = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 2, Number.MAX_SAFE_INTEGER]
  const integers = [...large, ...large.slice(1).map((integer) => -integer)]
  assert.deepEqual(
    await received(
      int8Column(integers, (integer) => integer),
      'int8',
    ),
    integers.map(String),
  )
  const small = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]
  assert.deepEqual(
    await received(
      int4Column(small, (integer) => integer),
      'int4',
    ),
    small.map(String),
  )
})

test('bytes and their absence arrive as they are', async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const values = [null, Buffer.alloc(0), every, null, Buffer.alloc(1_048_576, 0xa5)]
  const rows = await database.rows<{ value: Buffer | null }>(
    'select value from unnest($1::bytea[]) with ordinality as t (value, at) order by at',
    [bytesColumn(values, (bytes) => bytes)],
  )
  assert.deepEqual(
    rows.map(({ value }) => value),
    values,
  )
})

test('instants arrive to the microsecond, from the year 1 to the year 9999', async () => {
  const instants = [
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00.000001Z',
    '0099-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01T00:00:00Z',
    '1999-12-31T23:59:59.999999Z',
    '2000-01-01T00:00:00Z',
    '2000-02-29T12:00:00.5Z',
    '2021-11-26T06:22:19Z',
    '9999-12-31T23:59:59.999999Z',
  ]
  const column = timestampColumn(instants, (instant) => microsecondsSince2000(instant))
  const rows = await database.rows<{ same: boolean; text: string }>(
    `select value = spelled::timestamptz as same,
       to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as text
     from unnest($1::timestamptz[], $2::text[]) with ordinality as t (value, spelled, at) order by at`,
    [column, instants],
  )
  assert.ok(rows.every(({ same }) => same))
  assert.deepEqual(
    rows.map(({ text }) => canonicalInstant(text)),
    instants,
  )
})
