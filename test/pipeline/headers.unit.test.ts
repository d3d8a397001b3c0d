import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deadLetterHeaders,
  foreignHeaders,
  OUR_HEADERS,
  parseHeaders,
  type ParsedHeaders,
} from '../../src/pipeline/headers.ts'
import type { Header, SourceRecord } from '../../src/pipeline/record.ts'
import { header, headerText, recordAt, TOPIC_ID } from './made-up-records.ts'

const NOTHING: ParsedHeaders = parseHeaders([])
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const LONG = 'x'.repeat(5 * 1024)

test('a record without headers says nothing: no retries so far, nothing malformed', () => {
  const { retry, malformed, ...rest } = NOTHING
  assert.deepEqual([retry, malformed], [0, 0])
  assert.deepEqual(
    Object.values(rest).filter((value) => value !== undefined),
    [],
  )
})

const READ: ReadonlyArray<readonly [name: string, value: string, parsed: Partial<ParsedHeaders>]> = [
  ['retry', '0', { retry: 0 }],
  ['retry', '10', { retry: 10 }],
  ['retry', '999999', { retry: 999_999 }],
  ['retry-not-before', '1700000000000', { notBeforeMs: 1_700_000_000_000 }],
  ['retry-not-before', '0', { notBeforeMs: 0 }],
  ['first-failed-at', '1700000000000', { firstFailedAtMs: 1_700_000_000_000 }],
  ['first-failed-at', '0', { firstFailedAtMs: 0 }],
  ['error_type', 'invalid_order', { errorType: 'invalid_order' }],
  ['error_message', '', { errorMessage: '' }],
  ['error_message', 'two\nlines, Ж and 🎁', { errorMessage: 'two\nlines, Ж and 🎁' }],
  ['error_message', 'x'.repeat(1_000), { errorMessage: 'x'.repeat(1_000) }],
  ['error_stage', 'decode', { errorStage: 'decode' }],
  ['replay-of', 'b1d0c7ba-0001-4001-8001-aabbccddeeff', { replayOf: 'b1d0c7ba-0001-4001-8001-aabbccddeeff' }],
  ['traceparent', TRACE, { traceparent: TRACE }],
]

for (const [name, value, parsed] of READ) {
  test(`${name} is read in the form that we write: ${JSON.stringify(value.slice(0, 40))}`, () => {
    assert.deepEqual(parseHeaders([header(name, value)]), { ...NOTHING, ...parsed })
  })
}

const BINARY = Buffer.from([0xff, 0x00, 0x80])
const MALFORMED: Readonly<Record<string, ReadonlyArray<string | Buffer | null>>> = {
  retry: [
    '-1',
    '+1',
    '1e9',
    '1.5',
    '01',
    ' 1',
    '1 ',
    '1\n',
    '0x10',
    '',
    '1000000',
    'NaN',
    '١',
    BINARY,
    LONG,
    null,
  ],
  'retry-not-before': ['-1', '1e12', '', '1700000000000000', BINARY, LONG, null],
  'first-failed-at': ['-1', '1e12', '', 'now', '1700000000000000', BINARY, LONG, null],
  error_type: ['', 'Conflict', 'a b', 'x'.repeat(65), BINARY, LONG, null],
  error_message: ['a\0b', 'x'.repeat(1_001), BINARY, LONG, null],
  error_stage: ['', 'STORE', 'a-b', BINARY, LONG, null],
  'source-topic': ['', 'a/b', 'x'.repeat(250), BINARY, LONG, null],
  'source-topic-id': ['', 'orders', TOPIC_ID.toUpperCase(), `${TOPIC_ID}0`, BINARY, LONG, null],
  'source-partition': ['-1', '1e3', '', '1234567890', BINARY, LONG, null],
  'source-offset': ['-1', '1e9', '', '1234567890123456', BINARY, LONG, null],
  'replay-of': ['', 'a b', 'x'.repeat(129), BINARY, LONG, null],
  traceparent: ['', 'x', TRACE.toUpperCase(), TRACE.replace('00-', '01-'), `${TRACE}-`, BINARY, LONG, null],
}

for (const name of OUR_HEADERS) {
  test(`a malformed ${name} is counted, and says nothing`, () => {
    for (const value of MALFORMED[name] ?? [])
      assert.deepEqual(parseHeaders([header(name, value)]), { ...NOTHING, malformed: 1 }, String(value))
  })
}

test('a header that stands twice counts as its first, and as malformed from the second on', () => {
  const parsed = parseHeaders([header('retry', '3'), header('retry', '4'), header('retry', '5')])
  assert.deepEqual(parsed, { ...NOTHING, retry: 3, malformed: 2 })
  // The one that can't be read is not the one that counts.
  const second = parseHeaders([header('retry', '-1'), header('retry', '4')])
  assert.deepEqual(second, { ...NOTHING, retry: 4, malformed: 1 })
})

const COORDINATES = [
  header('source-topic', 'orders'),
  header('source-topic-id', TOPIC_ID),
  header('source-partition', '3'),
  header('source-offset', '42'),
]

test('source coordinates are read when all four are there', () => {
  const source = { topic: 'orders', topicId: TOPIC_ID, partition: 3, offset: 42 }
  assert.deepEqual(parseHeaders(COORDINATES).source, source)
  for (const missing of COORDINATES)
    assert.equal(parseHeaders(COORDINATES.filter((one) => one !== missing)).source, undefined)
})

const FOREIGN: readonly Header[] = [
  header('x-id', '1'),
  header('Retry', '7'),
  header('x-id', '2'),
  header('', BINARY),
  [BINARY, null],
  header('retry ', ''),
  header('x'.repeat(300), LONG),
]

test('names that are almost ours are foreign, and nothing is read from them', () => {
  assert.deepEqual(parseHeaders(FOREIGN), NOTHING)
})

test('foreign headers pass byte for byte and in their order, repeated, binary, empty and without a value', () => {
  const mixed = [header('retry', '1'), ...FOREIGN.slice(0, 3), ...COORDINATES, ...FOREIGN.slice(3)]
  assert.deepEqual(foreignHeaders(mixed), FOREIGN)
  const record = recordAt(7, { headers: mixed })
  const dead = deadLetterHeaders(record, TOPIC_ID, parseHeaders(mixed), FAILURE, 5)
  assert.deepEqual(foreignHeaders(dead), FOREIGN)
})

const FAILURE = { type: 'invalid_order', stage: 'validate', message: 'broken at /items' } as const

function deadLetterOf(
  record: SourceRecord,
  nowMs = 1_700_000_000_000,
  message: string = FAILURE.message,
): Header[] {
  return deadLetterHeaders(record, TOPIC_ID, parseHeaders(record.headers), { ...FAILURE, message }, nowMs)
}

test('a dead letter says what failed, where, when first and after how many retries', () => {
  const record = recordAt(42, { partition: 3, headers: [header('retry', '4'), header('traceparent', TRACE)] })
  const parsed = parseHeaders(deadLetterOf(record))
  assert.deepEqual(parsed, {
    retry: 4,
    notBeforeMs: undefined,
    firstFailedAtMs: 1_700_000_000_000,
    errorType: 'invalid_order',
    errorMessage: 'broken at /items',
    errorStage: 'validate',
    source: { topic: 'orders', topicId: TOPIC_ID, partition: 3, offset: 42 },
    replayOf: undefined,
    traceparent: TRACE,
    malformed: 0,
  })
})

test('a record that failed before keeps the time of its first failure and its replay token', () => {
  const headers = [header('first-failed-at', '123'), header('replay-of', 'token-1')]
  const dead = deadLetterOf(recordAt(1, { headers }))
  assert.equal(headerText(dead, 'first-failed-at'), '123')
  assert.equal(headerText(dead, 'replay-of'), 'token-1')
})

test('source coordinates that somebody else wrote are replaced by ours', () => {
  const dead = parseHeaders(deadLetterOf(recordAt(9, { headers: COORDINATES })))
  assert.deepEqual(dead.source, { topic: 'orders', topicId: TOPIC_ID, partition: 0, offset: 9 })
  assert.equal(dead.malformed, 0)
})

test('malformed and repeated headers of ours do not come through', () => {
  const headers = [
    header('retry', '-1'),
    header('retry', '2'),
    header('retry', '3'),
    header('error_type', LONG),
  ]
  const dead = deadLetterOf(recordAt(1, { headers }))
  assert.equal(dead.filter(([name]) => name.toString() === 'retry').length, 1)
  assert.equal(headerText(dead, 'retry'), '2')
  assert.equal(headerText(dead, 'error_type'), 'invalid_order')
})

test('the fiftieth hop leaves a record as large as the first, with each of our headers once', () => {
  const size = (headers: readonly Header[]) =>
    headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
  const first = deadLetterOf(recordAt(1, { headers: [header('x-id', '1'), header('traceparent', TRACE)] }))
  let headers = first
  for (let hop = 2; hop <= 50; hop++) headers = deadLetterOf(recordAt(1, { headers }))
  assert.equal(size(headers), size(first))
  assert.deepEqual(headers, first)
})

test('a long message is cut to 1,000 characters, never inside one, and is read back', () => {
  const cut = headerText(deadLetterOf(recordAt(1), 5, 'x'.repeat(5_000)), 'error_message')
  assert.equal(cut?.length, 1_000)
  const dead = deadLetterOf(recordAt(1), 5, `${'x'.repeat(999)}🎁 and more`)
  const message = parseHeaders(dead).errorMessage ?? ''
  assert.ok(message.isWellFormed() && message.startsWith('x'.repeat(999)))
})
