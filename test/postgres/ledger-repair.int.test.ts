import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLedgerRepair } from '../../src/postgres/ledger-repair.ts'
import { planMove, type Move } from '../../src/repair/moves.ts'
import { migratedDatabase } from './migrated-database.ts'

const TOPIC_ID = '11111111-1111-4111-8111-111111111111'
const KEY = { consumerGroup: 'g-retries', topic: 'orders_retry', topicId: TOPIC_ID, partition: 0 }
const LOG = { start: 0, end: 100 }
const WHY = { actor: 'somebody', action: 'skip', reason: 'ticket 4711' }

/** 10 records sent back; behind them 3 that were sent ahead, and 2 that went to the dead letters. */
const ROW = `
  insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, forwarded, seen_end,
    forwarded_ahead, dead_lettered_ahead, last_leader_epoch, last_timestamp_ms, version, written_by)
  values ('g-retries', '${TOPIC_ID}', 0, 'orders_retry', 0, 10, 10, 100, '{[12,15)}', '{[18,30)}', 0, 1, 7, 'x')`

async function changed(t: Parameters<typeof migratedDatabase>[0], move: Move) {
  const { dsn, rows } = await migratedDatabase(t)
  await rows(ROW)
  await using repair = openLedgerRepair(dsn)
  const decision = await repair.change(KEY, WHY, (row) => planMove(move, row, LOG))
  const [row] = await rows<Record<string, unknown>>('select * from ledger')
  const traces = await rows<{ before: Record<string, unknown>; after: Record<string, unknown> }>(
    'select actor, action, subject, reason, before, after from audit_log',
  )
  return { decision, row, traces, columns: (...names: string[]) => names.map((name) => row?.[name]) }
}

const PLACE = ['next_offset', 'last_leader_epoch', 'last_timestamp_ms', 'version', 'written_by']
const AHEAD = ['forwarded_ahead', 'dead_lettered_ahead']

test('a row that is moved says so, and what was settled ahead of it counts or is read again', async (t) => {
  const { columns, traces } = await changed(t, { kind: 'skip', to: 20 })
  assert.deepEqual(columns(...PLACE), ['20', null, null, '8', 'operator'])
  assert.deepEqual(columns('forwarded', 'dead_lettered', 'skipped'), ['13', '2', '5'])
  assert.deepEqual(columns(...AHEAD), ['{}', '{}'])
  const [trace, ...more] = traces
  assert.ok(trace !== undefined && more.length === 0)
  const { before, after, ...who } = trace
  assert.deepEqual(who, { ...WHY, subject: 'orders_retry-0' })
  assert.deepEqual([before['next_offset'], after['next_offset'], after['skipped']], [10, 20, 5])
})

test('reading again takes back what is gone, and sends again what was sent ahead', async (t) => {
  const { columns } = await changed(t, { kind: 'rewind', to: 4, takeBack: { forwarded: 2 } })
  assert.deepEqual(columns(...PLACE), ['4', null, null, '8', 'operator'])
  assert.deepEqual(columns('forwarded', 'rewound', ...AHEAD), ['8', '4', '{}', '{}'])
})

test('what is refused leaves nothing behind', async (t) => {
  const { decision, columns, traces } = await changed(t, { kind: 'skip', to: 101 })
  assert.equal(decision?.ok, false)
  assert.deepEqual(columns(...PLACE), ['10', 0, '1', '7', 'x'])
  assert.deepEqual(columns(...AHEAD), ['{[12,15)}', '{[18,30)}'])
  assert.deepEqual(traces, [])
})
