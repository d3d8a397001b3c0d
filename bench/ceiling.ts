import { finished } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase, requireOrders } from './database.ts'
import type { CopyBatch, CopyLoad } from './copy-load.ts'
import { COLUMNS, TABLES, type Table } from './rows.ts'
import { throughputOf, type Throughput } from './throughput.ts'

/**
 * The most that this database can take here: `copy` of input that was prepared beforehand into the tables as
 * they ship, with their keys, indexes, foreign keys and hash column. One connection for each partition, no
 * Kafka, no JSON, no ledger.
 */
export async function measureCeiling(
  { dsn }: BenchStack,
  load: CopyLoad,
  stopping: AbortSignal,
): Promise<Throughput> {
  await using database = await freshDatabase(dsn)
  await using connections = new AsyncDisposableStack()
  const clients = await Promise.all(
    load.batches.map(async () => connections.use(await connect(database.dsn)).client),
  )
  const startedAtMs = performance.now()
  await Promise.all(
    clients.map((client, partition) => copyAll(client, load.batches[partition] ?? [], stopping)),
  )
  const throughput = throughputOf(load.records, performance.now() - startedAtMs)
  await requireOrders(database.dsn, load.records)
  return throughput
}

async function copyAll(client: Client, batches: readonly CopyBatch[], stopping: AbortSignal): Promise<void> {
  for (const batch of batches) {
    stopping.throwIfAborted()
    await client.query('begin')
    for (const table of TABLES) await copyInto(client, table, batch[table])
    await client.query('commit')
  }
}

async function copyInto(client: Client, table: Table, input: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table} (${COLUMNS[table].join(', ')}) from stdin`))
  stream.end(input)
  await finished(stream)
}
