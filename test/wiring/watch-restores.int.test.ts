import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOrderCache } from '../../src/cache/order-cache.ts'
import { readDatabaseAge } from '../../src/postgres/database-age.ts'
import { watchRestores } from '../../src/wiring/watch-restores.ts'
import { madeUpOrder } from '../cache/orders-in-memory.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { TOPIC_ID } from '../postgres/orders-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'

const quiet = (): void => {}
const LOG = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const EVERY_MS = 10

for (const [what, statement] of [
  ['was written less often than before', 'update ledger set version = version - 1 where partition = 0'],
  ['is gone', 'delete from ledger where partition = 1'],
] as const) {
  test(`when a row of the ledger ${what}, no order stays in memory; while rows only move on, all do`, async (t) => {
    const { pool, rows } = await migratedDatabase(t)
    const cache = createOrderCache({ maxBytes: 1_048_576, load: async () => undefined })
    let looks = 0
    const age = async () => {
      const read = await readDatabaseAge(pool)
      looks++
      return read
    }
    const looksAgain = async () => {
      const before = looks
      // One look may have begun before the statement took effect.
      await waitUntil(() => looks >= before + 2, { deadlineMs: 10_000, what: 'it looked twice' })
    }
    await rows(
      `insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, seen_end, version)
       select 'g', $1, n, 'orders', 0, 0, 7, 10 from generate_series(0, 2) n`,
      [TOPIC_ID],
    )
    using _ = watchRestores(age, () => cache.clear(), LOG, EVERY_MS)
    cache.put('a', madeUpOrder('a'))
    await looksAgain()
    await rows('update ledger set version = version + 1')
    await rows(
      `insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, seen_end)
       values ('h', $1, 0, 'orders', 0, 0, 7)`,
      [TOPIC_ID],
    )
    await looksAgain()
    assert.notEqual(cache.peek('a'), undefined)
    await rows(statement)
    await looksAgain()
    assert.equal(cache.peek('a'), undefined)
    // It is told once; what is read from now on stays.
    cache.put('a', madeUpOrder('a'))
    await looksAgain()
    assert.notEqual(cache.peek('a'), undefined)
  })
}

test('a server that was started anew may have caught up already, so no order stays in memory either', async () => {
  const cache = createOrderCache({ maxBytes: 1_048_576, load: async () => undefined })
  let [serverStarted, looks] = ['yesterday', 0]
  const age = async () => {
    looks++
    return { serverStarted, versions: { row: looks } }
  }
  using _ = watchRestores(age, () => cache.clear(), LOG, EVERY_MS)
  cache.put('a', madeUpOrder('a'))
  await waitUntil(() => looks > 2, { deadlineMs: 10_000, what: 'it looked' })
  assert.notEqual(cache.peek('a'), undefined)
  serverStarted = 'today'
  await waitUntil(() => cache.peek('a') === undefined, { deadlineMs: 10_000, what: 'it is dropped' })
})
