import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import type { RetryLedger, RetryStep } from '../../src/pipeline/retry-ledger.ts'
import { postgresRetryLedger } from '../../src/postgres/retry-ledger.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
const first = postgresRetryLedger(database.pool, 'first')
const second = postgresRetryLedger(database.pool, 'second')
const FINGERPRINT = { leaderEpoch: 4, timestampMs: 1_700_000_000_123 }
const NOTHING_AHEAD = { forwarded: [], deadLettered: [] }

function newKey(topic = uniqueName('retry')): LedgerKey {
  return { consumerGroup: 'group', topic, topicId: randomUUID(), partition: 3 }
}

interface Step extends RetryStep {
  readonly version: number
  readonly from: number
  /** By whom; without it, whoever wrote it. */
  readonly writtenBy?: string
}

/** Books one step, as whoever knows this version and position. */
async function book(ledger: RetryLedger, key: LedgerKey, step: Step): Promise<'committed' | 'fenced'> {
  const writtenBy = step.writtenBy ?? (await ledger.read(key))?.writtenBy ?? ''
  return ledger.settle(key, { version: step.version, nextOffset: step.from, writtenBy }, async () => step)
}

function stepOf(changes: Partial<Step>): Step {
  return {
    version: 0,
    from: 0,
    to: 0,
    counts: {},
    ahead: NOTHING_AHEAD,
    fingerprint: FINGERPRINT,
    logEnd: 100,
    exhausted: [],
    ...changes,
  }
}

async function countsOf({ topicId }: LedgerKey): Promise<unknown> {
  const [row] = await database.rows(
    `select next_offset::int, version::int, forwarded::int, dead_lettered::int, expired::int, absent::int,
       forwarded_ahead::text as ahead, seen_end::int
     from ledger where topic_id = $1`,
    [topicId],
  )
  return row
}

test('what is sent ahead is remembered apart by what became of it, and comes back as it was written', async () => {
  const key = newKey()
  assert.equal(await first.read(key), undefined)
  const opened = await first.open(key, { start: 0, end: 50 })
  const row = { nextOffset: 0, version: 0, writtenBy: 'first', fingerprint: undefined, ahead: NOTHING_AHEAD }
  assert.deepEqual(opened, row)
  const ahead = {
    forwarded: [
      { from: 3, to: 7 },
      { from: 9, to: 10 },
      { from: 2 ** 52, to: 2 ** 53 },
    ],
    deadLettered: [{ from: 7, to: 8 }],
  }
  assert.equal(await book(first, key, stepOf({ ahead })), 'committed')
  const again = await second.open(key, { start: 2, end: 120 })
  assert.deepEqual(again, { ...row, version: 1, fingerprint: FINGERPRINT, ahead })
  assert.deepEqual(await second.read(key), again)
})

test('it is counted when the position passes it, so that the sums hold at any time', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  await book(first, key, stepOf({ ahead: { forwarded: [{ from: 1, to: 3 }], deadLettered: [] } }))
  const counts = { forwarded: 3, dead_lettered: 1, expired: 2, absent: 1 }
  await book(first, key, stepOf({ version: 1, to: 7, counts }))
  assert.deepEqual(await countsOf(key), {
    next_offset: 7,
    version: 2,
    forwarded: 3,
    dead_lettered: 1,
    expired: 2,
    absent: 1,
    ahead: '{}',
    seen_end: 100,
  })
  await assert.rejects(book(first, key, stepOf({ version: 2, from: 7, to: 9, counts: { forwarded: 1 } })), {
    constraint: 'ledger_balances',
  })
})

test('whoever knows another version is fenced, also where the position is the same', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  await second.open(key, { start: 0, end: 10 })
  const ahead = { forwarded: [{ from: 5, to: 6 }], deadLettered: [] }
  assert.equal(await book(first, key, stepOf({ ahead })), 'committed')
  const before = await countsOf(key)
  assert.equal(await book(second, key, stepOf({ to: 1, counts: { forwarded: 1 } })), 'fenced')
  assert.equal(await book(second, key, stepOf({ version: 1, from: 1, to: 1 })), 'fenced')
  assert.equal(await book(second, newKey(), stepOf({})), 'fenced')
  assert.deepEqual(await countsOf(key), before)
})

test('a row that another brought to the same version is another row', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  assert.equal(await book(first, key, stepOf({ writtenBy: 'somebody' })), 'fenced')
  assert.equal(await book(first, key, stepOf({})), 'committed')
})

test('who is fenced does not even begin to send', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  let sent = 0
  const outcome = await first.settle(key, { version: 1, nextOffset: 0, writtenBy: 'first' }, async () => {
    sent++
    return stepOf({})
  })
  assert.deepEqual([outcome, sent], ['fenced', 0])
})

test('whoever opens the row while another sends waits, and then knows what was sent', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const sending = Promise.withResolvers<void>()
  const ahead = { forwarded: [{ from: 5, to: 6 }], deadLettered: [] }
  const settling = first.settle(key, { version: 0, nextOffset: 0, writtenBy: 'first' }, async () => {
    await sending.promise
    return stepOf({ ahead })
  })
  const opening = second.open(key, { start: 0, end: 10 })
  await waitUntil(async () => (await database.waiting()).length > 0, {
    deadlineMs: 4_000,
    what: 'the second one waits',
  })
  sending.resolve()
  assert.equal(await settling, 'committed')
  assert.deepEqual((await opening).ahead, ahead)
})

test('what can not be sent is not booked', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const failing = first.settle(key, { version: 0, nextOffset: 0, writtenBy: 'first' }, () =>
    Promise.reject(new Error('no broker')),
  )
  await assert.rejects(failing, /no broker/)
  assert.equal((await first.read(key))?.version, 0)
})

test('of two that book at once, one is fenced', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const outcomes = await Promise.all(
    [first, second].map((ledger) => book(ledger, key, stepOf({ to: 1, counts: { forwarded: 1 } }))),
  )
  assert.deepEqual(outcomes.toSorted(), ['committed', 'fenced'])
})

test('the same offset is never both forwarded and dead', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const range = [{ from: 5, to: 6 }]
  const both = stepOf({ ahead: { forwarded: range, deadLettered: range } })
  await assert.rejects(book(first, key, both), { constraint: 'ledger_ahead_once' })
})

test('a record that ran out of retries leaves the table of those that wait, and only when that is booked', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const source = { topic: 'orders', topicId: randomUUID(), partition: 1, offset: 8 }
  for (const offset of [8, 9])
    await database.rows(
      `insert into retrying (source_topic_id, source_partition, source_offset, topic, order_uid, retry, not_before,
         first_failed_at, error_type, error_message)
       values ($1, 1, $2, 'orders', 'uid', 3, now(), now(), 'timeout', '')`,
      [source.topicId, offset],
    )
  const left = async (): Promise<number[]> =>
    (
      await database.rows<{ at: number }>(
        'select source_offset::int as at from retrying where source_topic_id = $1 order by 1',
        [source.topicId],
      )
    ).map(({ at }) => at)
  assert.equal(await book(first, key, stepOf({ version: 7, exhausted: [source] })), 'fenced')
  assert.deepEqual(await left(), [8, 9])
  assert.equal(await book(first, key, stepOf({ exhausted: [source] })), 'committed')
  assert.deepEqual(await left(), [9])
})

test('of a topic that is gone, what was sent ahead is no loss', async () => {
  const current = newKey()
  const gone = { ...current, topicId: randomUUID() }
  await first.open(current, { start: 0, end: 0 })
  await first.open(gone, { start: 0, end: 20 })
  const ahead = { forwarded: [{ from: 4, to: 8 }], deadLettered: [{ from: 8, to: 9 }] }
  await book(first, gone, stepOf({ to: 3, counts: { forwarded: 3 }, ahead, logEnd: 20 }))
  await database.rows(`update ledger set updated_at = now() - interval '1 min' where topic_id = $1`, [
    gone.topicId,
  ])
  assert.equal(await first.bookGoneTopics(current), 12)
  assert.deepEqual(await countsOf(gone), {
    next_offset: 20,
    version: 2,
    forwarded: 7,
    dead_lettered: 1,
    expired: 12,
    absent: 0,
    ahead: '{}',
    seen_end: 20,
  })
})

test('the most ranges that a partition may have are written and read back', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 10 })
  const forwarded = Array.from({ length: 20_000 }, (_, at) => ({ from: 2 * at + 1, to: 2 * at + 2 }))
  await book(first, key, stepOf({ ahead: { forwarded, deadLettered: [] } }))
  assert.deepEqual((await first.read(key))?.ahead.forwarded, forwarded)
})
