import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { LedgerKey, LedgerStep } from '../../src/pipeline/ledger.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
await database.rows('create table notes (text text)')
const first = postgresLedger(database.pool, 'first', (client) => client)
const second = postgresLedger(database.pool, 'second', (client) => client)

function newKey(topic = uniqueName('orders')): LedgerKey {
  return { consumerGroup: 'group', topic, topicId: randomUUID(), partition: 3 }
}

function stepOf(from: number, to: number, counts: LedgerStep['counts'] = { stored: to - from }): LedgerStep {
  return { from, to, counts, fingerprint: { leaderEpoch: 4, timestampMs: 1_700_000_000_123 }, logEnd: to + 5 }
}

async function rowOf({
  consumerGroup,
  topicId,
  partition,
}: LedgerKey): Promise<Record<string, unknown> | undefined> {
  const [row] = await database.rows(
    'select * from ledger where consumer_group = $1 and topic_id = $2 and partition = $3',
    [consumerGroup, topicId, partition],
  )
  return row
}

async function notes(): Promise<string[]> {
  return (await database.rows<{ text: string }>('select text from notes')).map(({ text }) => text)
}

test('a partition that is opened for the first time begins at its log start; later it stands where it was', async () => {
  const key = newKey()
  assert.equal(await first.read(key), undefined)
  const opened = await first.open(key, { start: 7, end: 20 })
  assert.deepEqual(opened, { nextOffset: 7, version: 0, writtenBy: 'first', fingerprint: undefined })
  await first.settle(key, 7, async () => stepOf(7, 10))
  const again = await second.open(key, { start: 9, end: 30 })
  const fingerprint = { leaderEpoch: 4, timestampMs: 1_700_000_000_123 }
  assert.deepEqual(again, { nextOffset: 10, version: 1, writtenBy: 'first', fingerprint })
  assert.deepEqual(await second.read(key), again)
  const row = await rowOf(key)
  assert.deepEqual([row?.['origin'], row?.['seen_end'], row?.['topic']], ['7', '30', key.topic])
})

test('five that open the same partition at once make one row', async () => {
  const key = newKey()
  const rows = await Promise.all([0, 1, 2, 3, 4].map(() => first.open(key, { start: 5, end: 5 })))
  assert.ok(rows.every(({ nextOffset, version }) => nextOffset === 5 && version === 0))
})

test('a step books every column, the end of the log, who wrote it, and one version more', async () => {
  const key = newKey()
  await first.open(key, { start: 100, end: 100 })
  const counts = {
    stored: 1,
    duplicates: 2,
    retried: 3,
    dead_lettered: 4,
    forwarded: 5,
    archived: 6,
    reopened: 7,
  }
  const others = { expired: 8, absent: 9, skipped: 10, rewound: 5 }
  await first.settle(key, 100, async () => stepOf(100, 150, { ...counts, ...others }))
  await second.settle(key, 150, async () => ({ ...stepOf(150, 152, { absent: 2 }), fingerprint: undefined }))
  const row = await rowOf(key)
  const expected = {
    ...counts,
    ...others,
    absent: 11,
    origin: 100,
    next_offset: 152,
    seen_end: 157,
    version: 2,
  }
  for (const [column, value] of Object.entries(expected)) assert.equal(row?.[column], String(value), column)
  assert.equal(row?.['written_by'], 'second')
  // Nothing is known of the record before: none was read in the last step.
  assert.deepEqual([row?.['last_leader_epoch'], row?.['last_timestamp_ms']], [null, null])
})

test('data and books are committed together, or neither is', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 0 })
  const write = (text: string) =>
    first.settle(key, 0, async (client) => {
      await client.query('insert into notes values ($1)', [text])
      if (text === 'lost') throw new Error('lost')
      return stepOf(0, 1)
    })
  await assert.rejects(write('lost'), /lost/)
  assert.deepEqual([await notes(), (await first.read(key))?.nextOffset], [[], 0])
  assert.equal(await write('kept'), 'committed')
  assert.deepEqual([await notes(), (await first.read(key))?.nextOffset], [['kept'], 1])
})

test('who expects the books to stand elsewhere is fenced before anything is written', async () => {
  const key = newKey()
  await first.open(key, { start: 10, end: 10 })
  const work = (): never => assert.fail('the work of a fenced batch must not be begun')
  assert.equal(await second.settle(key, 9, work), 'fenced')
  assert.equal(await second.settle(key, 11, work), 'fenced')
  assert.equal(await second.settle(newKey(), 0, work), 'fenced')
  assert.equal((await rowOf(key))?.['version'], '0')
})

test('of two that settle the same records at once, one does and the other is fenced', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 0 })
  const outcomes = await Promise.all([
    first.settle(key, 0, async () => stepOf(0, 3)),
    second.settle(key, 0, async () => stepOf(0, 3)),
    first.settle(key, 0, async () => stepOf(0, 3)),
  ])
  assert.deepEqual(outcomes.toSorted(), ['committed', 'fenced', 'fenced'])
  assert.equal((await first.read(key))?.nextOffset, 3)
})

test('opening waits for the batch that holds the row, so that it never sees the books before it', async (t) => {
  const key = newKey()
  await first.open(key, { start: 0, end: 0 })
  const { promise: holds, resolve: hold } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  t.after(() => release())
  const settling = first.settle(key, 0, async () => {
    hold()
    await released
    return stepOf(0, 4)
  })
  await holds
  const opening = second.open(key, { start: 0, end: 9 })
  await waitUntil(async () => (await database.waiting()).length > 0, {
    deadlineMs: 4_000,
    what: 'it waits for the lock',
  })
  release()
  assert.equal(await settling, 'committed')
  assert.equal((await opening).nextOffset, 4)
})

test('the database refuses a step whose columns do not add up', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 0 })
  for (const counts of [
    { stored: 2 },
    { stored: 4 },
    {},
    { stored: 3, absent: 1 },
    { stored: 3, rewound: 1 },
  ])
    await assert.rejects(
      first.settle(key, 0, async () => stepOf(0, 3, counts)),
      { code: '23514', constraint: 'ledger_balances' },
    )
  assert.equal((await rowOf(key))?.['version'], '0')
})

test('a statement that failed unnoticed in the work of a batch fails the batch', async () => {
  const key = newKey()
  await first.open(key, { start: 0, end: 0 })
  const settling = first.settle(key, 0, async (client) => {
    await client.query('insert into notes values (1 / 0)').catch(() => {})
    return stepOf(0, 1)
  })
  await assert.rejects(settling, { code: '25P02' })
  assert.equal((await first.read(key))?.nextOffset, 0)
})
