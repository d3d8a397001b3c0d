import assert from 'node:assert/strict'
import { checkAccounts, checkSettled } from '../../src/audit/accounts.ts'
import { checkIdentities } from '../../src/audit/deep-audit.ts'
import { openReading } from '../../src/audit/reading.ts'
import { roleTopics } from '../../src/cli/role-topics.ts'
import { loadConfig } from '../../src/config/config.ts'
import { openCluster } from '../../src/kafka/cluster.ts'
import { DEFAULT_LIMITS, FetchLoop } from '../../src/kafka/fetch-loop.ts'
import { openAuditDatabase } from '../../src/postgres/audit-database.ts'
import type { Place } from '../recovery/place.ts'

/** What `npm run audit -- --settled --deep` compares, without a process for it. Everything must be settled. */
export async function expectBalancedHere({ environment, dsn, brokers }: Place): Promise<void> {
  const config = loadConfig({ need: ['kafka', 'database'], env: environment })
  const kafka = { brokers: brokers.split(','), clientId: 'test-audit' }
  await using cluster = openCluster(kafka, () => {})
  await using database = await openAuditDatabase(dsn)
  const { reading, snapshot } = await openReading(cluster, roleTopics(config), database)
  await using _ = snapshot
  await using fetchLoop = new FetchLoop(kafka, () => {}, {
    ...DEFAULT_LIMITS,
    waitMs: 20,
    totalBytes: Infinity,
  })
  const log = {
    open: (at: Parameters<FetchLoop['open']>[0]) => fetchLoop.open(at),
    range: (topic: string, partition: number) => cluster.range(topic, partition),
  }
  const identities = await checkIdentities(log, snapshot, reading, () => {})
  const accounts = [...checkAccounts(reading), checkSettled(reading, false), identities.account]
  assert.deepEqual(
    accounts.filter(({ ok }) => !ok),
    [],
    JSON.stringify(identities.findings.slice(0, 5)),
  )
}
