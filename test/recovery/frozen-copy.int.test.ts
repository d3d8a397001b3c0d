import assert from 'node:assert/strict'
import { it } from 'node:test'
import { from as copyFrom } from 'pg-copy-streams'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import { openPool } from '../../src/postgres/database.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { waitUntil } from '../stack-under-test.ts'

const KEY: LedgerKey = {
  consumerGroup: 'group',
  topic: 'orders',
  topicId: '00000000-0000-4000-8000-000000000001',
  partition: 0,
}

it('an instance that is frozen in the middle of a copy does not keep its ledger row', async (test) => {
  const { dsn } = await migratedDatabase(test)
  const poolOf = (applicationName: string) => {
    const pool = openPool({ dsn, maxConnections: 2, applicationName }, () => {})
    test.after(() => pool.end())
    return pool
  }
  const frozen = postgresLedger(poolOf('frozen'), 'frozen', (client) => client)
  const other = postgresLedger(poolOf('other'), 'other', () => undefined)
  const range = { start: 0, end: 10 }
  await frozen.open(KEY, range)

  const begun = Promise.withResolvers<void>()
  const late = frozen.settle(KEY, 0, (client) => {
    const copy = client.query(copyFrom('copy delivery from stdin (format binary)'))
    const { promise, reject } = Promise.withResolvers<never>()
    copy.on('error', reject)
    copy.write(Buffer.alloc(0))
    begun.resolve()
    return promise
  })
  const failed = assert.rejects(late)
  await begun.promise
  const row = await waitUntil(() => other.open(KEY, range), {
    deadlineMs: 15_000,
    what: 'the other instance opens the row',
  })
  assert.equal(row.nextOffset, 0)
  await failed
})
