import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deadLetterHeaders,
  foreignHeaders,
  forwardHeaders,
  parseHeaders,
  retryHeaders,
} from '../../src/pipeline/headers.ts'
import type { Header, SourceRecord } from '../../src/pipeline/record.ts'
import { header, headerText, recordAt, TOPIC_ID } from './made-up-records.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const FAILURE = { type: 'serialization_conflict', stage: 'store', message: 'deadlock detected' } as const
const TIMES = { nowMs: 1_700_000_000_000, notBeforeMs: 1_700_000_001_234 }
const FOREIGN: readonly Header[] = [
  header('x-id', '1'),
  [Buffer.from([0xff, 0x00]), null],
  header('x-id', '2'),
  header('Retry', Buffer.from([0x80])),
]

function sentToRetry(record: SourceRecord, times = TIMES, message: string = FAILURE.message): Header[] {
  const parsed = parseHeaders(record.headers)
  return retryHeaders(record, TOPIC_ID, parsed, { ...FAILURE, message }, times)
}

function sentBack(record: SourceRecord): Header[] {
  return forwardHeaders(record, parseHeaders(record.headers))
}

function inRetryTopic(offset: number, headers: readonly Header[]): SourceRecord {
  return recordAt(offset, { topic: 'orders_retry', headers })
}

test('a record that goes to retry says why, from where, since when and until when, and keeps its retries', () => {
  const record = recordAt(42, { partition: 3, headers: [header('retry', '4'), header('traceparent', TRACE)] })
  assert.deepEqual(parseHeaders(sentToRetry(record)), {
    retry: 4,
    notBeforeMs: 1_700_000_001_234,
    firstFailedAtMs: 1_700_000_000_000,
    errorType: 'serialization_conflict',
    errorMessage: 'deadlock detected',
    errorStage: 'store',
    source: { topic: 'orders', topicId: TOPIC_ID, partition: 3, offset: 42 },
    replayOf: undefined,
    traceparent: TRACE,
    malformed: 0,
  })
})

test('a record that comes back from retry counts one retry more, waits for nothing, and keeps its story', () => {
  const waiting = inRetryTopic(7, sentToRetry(recordAt(42, { headers: [header('retry', '4')] })))
  const before = parseHeaders(waiting.headers)
  assert.deepEqual(parseHeaders(sentBack(waiting)), { ...before, retry: 5, notBeforeMs: undefined })
})

test('the first failure, a replay token and the trace survive every hop', () => {
  const first = recordAt(1, { headers: [header('replay-of', 'token-1'), header('traceparent', TRACE)] })
  const back = sentBack(inRetryTopic(1, sentToRetry(first)))
  const later = { nowMs: TIMES.nowMs + 60_000, notBeforeMs: TIMES.notBeforeMs + 60_000 }
  const again = sentToRetry(recordAt(9, { headers: back }), later)
  assert.equal(headerText(again, 'first-failed-at'), String(TIMES.nowMs))
  assert.equal(headerText(again, 'replay-of'), 'token-1')
  assert.equal(headerText(again, 'traceparent'), TRACE)
  assert.equal(headerText(again, 'source-offset'), '9')
})

test('foreign headers pass both ways byte for byte and in their order', () => {
  const back = sentBack(inRetryTopic(1, sentToRetry(recordAt(1, { headers: FOREIGN }))))
  assert.deepEqual(foreignHeaders(back), FOREIGN)
})

test("somebody else's record in the retry topic goes to orders with one retry and nothing made up", () => {
  assert.deepEqual(sentBack(inRetryTopic(1, [])), [header('retry', '1')])
  const malformed = [
    header('retry', 'NaN'),
    header('retry-not-before', 'soon'),
    header('source-offset', '-1'),
  ]
  assert.deepEqual(sentBack(inRetryTopic(1, malformed)), [header('retry', '1')])
})

test('the largest number of retries that can be read never grows out of what can be read', () => {
  const back = sentBack(inRetryTopic(1, [header('retry', '999999')]))
  assert.equal(parseHeaders(back).retry, 999_999)
})

test('times with a fraction are written as whole milliseconds', () => {
  const headers = sentToRetry(recordAt(1), { nowMs: 5.5, notBeforeMs: 7.25 })
  assert.deepEqual(
    ['first-failed-at', 'retry-not-before'].map((name) => headerText(headers, name)),
    ['6', '7'],
  )
})

test('fifty hops to retry and back, and the dead letter after them, leave a record as large as the first', () => {
  const size = (headers: readonly Header[]) =>
    headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
  // Two digits from the beginning, so that the number itself does not grow within fifty hops.
  const headers = [header('retry', '10'), ...FOREIGN, header('traceparent', TRACE)]
  const first = sentToRetry(recordAt(0, { headers }), TIMES, 'x'.repeat(5_000))
  const firstBack = sentBack(inRetryTopic(0, first))
  let back = firstBack
  for (let hop = 1; hop < 50; hop++) {
    const times = { nowMs: TIMES.nowMs + hop, notBeforeMs: TIMES.notBeforeMs + hop }
    const waiting = sentToRetry(recordAt(hop % 10, { headers: back }), times, 'x'.repeat(5_000))
    assert.equal(size(waiting), size(first))
    back = sentBack(inRetryTopic(hop, waiting))
    assert.equal(size(back), size(firstBack))
  }
  assert.equal(headerText(back, 'retry'), '60')
  const dead = deadLetterHeaders(
    recordAt(0, { headers: back }),
    TOPIC_ID,
    parseHeaders(back),
    { type: 'retries_exhausted', stage: 'store', message: 'x'.repeat(5_000) },
    TIMES.nowMs,
  )
  assert.ok(size(dead) <= size(first))
  assert.deepEqual(foreignHeaders(dead), FOREIGN)
})
