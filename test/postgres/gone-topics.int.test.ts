import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { uniqueName } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
const ledger = postgresLedger(database.pool, 'first', (client) => client)

/** A row that settled 10 records of a log that ended at `end`, last written so many seconds ago. */
async function rowAt(key: LedgerKey, end: number, secondsAgo: number): Promise<void> {
  await ledger.open(key, { start: 0, end })
  await ledger.settle(key, 0, async () => ({
    from: 0,
    to: 10,
    counts: { stored: 10 },
    fingerprint: undefined,
    logEnd: end,
  }))
  await database.rows(
    `update ledger set updated_at = now() - make_interval(secs => $3)
     where topic_id = $1 and consumer_group = $2`,
    [key.topicId, key.consumerGroup, secondsAgo],
  )
}

async function stateOf({ topicId, consumerGroup }: LedgerKey): Promise<unknown> {
  const [row] = await database.rows(
    `select expired::int, next_offset::int, version::int from ledger where topic_id = $1 and consumer_group = $2`,
    [topicId, consumerGroup],
  )
  return row
}

const UNTOUCHED = { expired: 0, next_offset: 10, version: 1 }

test('what an earlier id of a topic had unread is booked as expired, once, and its row stays', async () => {
  const topic = uniqueName('orders')
  const current = { consumerGroup: 'group', topic, topicId: randomUUID(), partition: 0 }
  const gone = { ...current, topicId: randomUUID() }
  const goneToo = { ...current, topicId: randomUUID() }
  await rowAt(current, 100, 60)
  await rowAt(gone, 14, 60)
  await rowAt(goneToo, 11, 16)
  assert.equal(await ledger.bookGoneTopics(current), 5)
  assert.deepEqual(await stateOf(gone), { expired: 4, next_offset: 14, version: 2 })
  assert.deepEqual(await stateOf(goneToo), { expired: 1, next_offset: 11, version: 2 })
  assert.deepEqual(await stateOf(current), UNTOUCHED)
  assert.equal(await ledger.bookGoneTopics(current), 0)
})

test('nothing is booked of a row that is alive, read to its end, of another group, or of another topic', async () => {
  const topic = uniqueName('orders')
  const current = { consumerGroup: 'group', topic, topicId: randomUUID(), partition: 0 }
  const others = [
    [{ ...current, topicId: randomUUID() }, 14, 10],
    [{ ...current, topicId: randomUUID() }, 10, 60],
    [{ ...current, topicId: randomUUID(), consumerGroup: 'other' }, 14, 60],
    [{ ...current, topicId: randomUUID(), topic: uniqueName('other') }, 14, 60],
  ] as const
  for (const [key, end, secondsAgo] of others) await rowAt(key, end, secondsAgo)
  assert.equal(await ledger.bookGoneTopics(current), 0)
  for (const [key] of others) assert.deepEqual(await stateOf(key), UNTOUCHED)
})
