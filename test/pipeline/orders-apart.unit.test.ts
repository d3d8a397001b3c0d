import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifyError } from '../../src/pipeline/classify.ts'
import { ordersRole, type SettledOrders } from '../../src/pipeline/orders-role.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import { modelWith } from '../order/fixtures.ts'
import { header, headerText, recordAt, SOURCE, TOPIC_ID } from './made-up-records.ts'
import { MadeUpTables, NOW, optionsOn } from './made-up-tables.ts'
import { SimulatedTime } from './simulated-time.ts'

const SOURCE_ID = '11111111-2222-4333-8444-555555555555'

function refusal(code: string): Error {
  return Object.assign(new Error('secret'), { code, constraint: 'a_check' })
}

/** Settles a batch after it failed as a whole. */
async function settleApart(
  tables: MadeUpTables,
  records: ReadonlyArray<string | Partial<SourceRecord>>,
  maxRetries = 10,
): Promise<SettledOrders> {
  using _ = new SimulatedTime()
  const options = optionsOn(tables)
  const role = ordersRole({ ...options, retryPolicy: { ...options.retryPolicy, maxRetries } })
  const items = records.map((record, offset) =>
    role.prepare(recordAt(offset, typeof record === 'string' ? { value: Buffer.from(record) } : record)),
  )
  const settled = await role.isolation?.settle(tables, items, SOURCE, classifyError(refusal('23514')))
  assert.ok(settled)
  const { counts, stored, retries, deadLetters } = settled
  const { duplicates = 0, ...rest } = counts
  assert.deepEqual(rest, {
    stored: stored.length,
    retried: retries.length,
    dead_lettered: deadLetters.length,
  })
  assert.equal(stored.length + duplicates + retries.length + deadLetters.length, records.length)
  return settled
}

const order = (uid: string): string => modelWith('/order_uid', uid)
const other = (uid: string): string => order(uid).replace('Test Testov', 'Somebody Else')
const retried = (uid: string, retry: number): Partial<SourceRecord> => ({
  value: Buffer.from(order(uid)),
  headers: [
    header('retry', String(retry)),
    header('first-failed-at', '1700000000000'),
    header('source-topic', 'orders'),
    header('source-topic-id', SOURCE_ID),
    header('source-partition', '3'),
    header('source-offset', '77'),
    header('x-foreign', 'kept'),
  ],
})

test('the order that the database refuses is dead-lettered, and all the others are stored', async () => {
  const tables = new MadeUpTables()
  tables.refusal = (uid) => (uid === 'c' ? refusal('23514') : undefined)
  const { deadLetters } = await settleApart(tables, ['a', 'b', 'c', 'd', 'e'].map(order))
  assert.deepEqual([...tables.stored.keys()], ['a', 'b', 'd', 'e'])
  const [letter] = deadLetters
  assert.deepEqual(letter?.failure, {
    type: 'rejected_by_database',
    stage: 'store',
    message: '23514: a check is violated (constraint a_check)',
  })
  assert.equal(letter?.refusal?.fingerprint, 'rejected_by_database/23514/a_check')
  const [dead] = tables.produced
  assert.equal(headerText(dead?.headers ?? [], 'error_type'), 'rejected_by_database')
})

test('the next record of a uid takes the place of one that is refused', async () => {
  const tables = new MadeUpTables()
  let refusals = 1
  tables.refusal = (uid) => (uid === 'a' && refusals-- > 0 ? refusal('22001') : undefined)
  const { stored, deadLetters } = await settleApart(tables, [order('a'), other('a'), order('a')])
  assert.deepEqual(
    [stored, deadLetters].map((some) =>
      some.map(({ ...one }) => ('item' in one ? one.item : one).record.offset),
    ),
    [[1], [0, 2]],
  )
  assert.deepEqual(
    deadLetters.map(({ failure }) => failure.type),
    ['rejected_by_database', 'conflict'],
  )
})

test('a transient failure goes to the retry topic, before the commit, with all that the next attempt needs', async () => {
  const tables = new MadeUpTables()
  tables.refusal = (uid) => (uid === 'b' ? refusal('40001') : undefined)
  const { retries } = await settleApart(tables, [order('a'), retried('b', 2), order('c')])
  assert.deepEqual([...tables.stored.keys()], ['a', 'c'])
  assert.equal(tables.log.at(-1), 'produce 1')
  const [sent] = tables.produced
  assert.equal(sent?.topic, 'orders_retry')
  const headers = sent?.headers ?? []
  const said = [
    'retry',
    'retry-not-before',
    'first-failed-at',
    'error_type',
    'error_stage',
    'source-topic-id',
    'source-partition',
    'source-offset',
    'x-foreign',
  ].map((name) => headerText(headers, name))
  // Half of the third backoff: 1 s × 2² × 0.5.
  const notBefore = String(NOW + 2_000)
  assert.deepEqual(said, [
    '2',
    notBefore,
    '1700000000000',
    'serialization_conflict',
    'store',
    TOPIC_ID,
    '0',
    '1',
    'kept',
  ])
  assert.equal(retries[0]?.notBeforeMs, NOW + 2_000)
})

test('what waits is shown at its own place, and no longer where it waited before', async () => {
  const tables = new MadeUpTables()
  tables.refusal = (uid) => (uid === 'b' ? refusal('40001') : undefined)
  await settleApart(tables, [
    retried('a', 1),
    retried('b', 4),
    { ...retried('c', 1), value: Buffer.from('{') },
  ])
  assert.deepEqual(
    tables.cameBack.map(({ topicId, partition, offset }) => [topicId, partition, offset]),
    [1, 2, 3].map(() => [SOURCE_ID, 3, 77]),
  )
  assert.deepEqual(tables.waiting, [
    {
      source: { topic: 'orders', topicId: TOPIC_ID, partition: 0, offset: 1 },
      orderUid: 'b',
      retry: 4,
      notBeforeMs: NOW + 8_000,
      firstFailedAtMs: 1_700_000_000_000,
      errorType: 'serialization_conflict',
      errorMessage: '40001: another transaction was in the way (constraint a_check)',
    },
  ])
})

test('a forged place in the headers of a first attempt is not believed', async () => {
  const tables = new MadeUpTables()
  await settleApart(tables, [retried('a', 0)])
  assert.deepEqual(tables.cameBack, [])
})

test('a transient failure on the last attempt is a dead letter that tells how it ended', async () => {
  const tables = new MadeUpTables()
  tables.refusal = () => refusal('55P03')
  const { deadLetters, retries } = await settleApart(tables, [retried('a', 2), retried('b', 1)], 2)
  assert.deepEqual(
    retries.map(({ item }) => item.headers.retry),
    [1],
  )
  assert.equal(deadLetters[0]?.failure.type, 'retries_exhausted')
  assert.match(deadLetters[0]?.failure.message ?? '', /^all of 3 attempts failed; .* timeout: 55P03/)
  const topics = tables.produced.map(({ topic }) => topic)
  assert.deepEqual(topics, ['orders_dlq', 'orders_retry'])
})

test('a record that is invalid is not asked about, and leaves as it always does', async () => {
  const tables = new MadeUpTables()
  tables.refusal = (uid) => (uid === 'b' ? refusal('23514') : undefined)
  const { deadLetters } = await settleApart(tables, [order('a'), '{', order('b')])
  assert.deepEqual(
    deadLetters.map((letter) => [letter.failure.type, letter.refusal !== undefined]),
    [
      ['malformed_json', false],
      ['rejected_by_database', true],
    ],
  )
})

test('no header and no message of what leaves quotes what the database said', async () => {
  const tables = new MadeUpTables()
  tables.refusal = (uid) => refusal(uid === 'a' ? '23514' : 'P0001')
  const { deadLetters, retries } = await settleApart(tables, [order('a'), order('b')])
  assert.deepEqual([deadLetters.length, retries.length], [1, 1])
  const texts = tables.produced.flatMap(({ headers }) => headers.map(String))
  assert.doesNotMatch(JSON.stringify([texts, tables.waiting]), /secret/)
})
