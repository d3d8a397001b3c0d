import { Client, type QueryResultRow } from 'pg'
import { inTransaction, openPool, type Pool, type PoolClient } from '../../src/postgres/database.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { createDatabase } from '../stack-under-test.ts'

type Afterwards = Parameters<typeof createDatabase>[0]

export interface MigratedDatabase {
  readonly dsn: string
  readonly pool: Pool
  /** Rows of one statement on a connection of the pool. */
  readonly rows: <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>
  /** Commits what `work` did, as a batch does. */
  readonly transaction: <T>(work: (client: PoolClient) => Promise<T>) => Promise<T>
  /** Connections to this database that wait for a lock. */
  readonly waiting: () => Promise<number[]>
  /** A connection that nobody else uses, closed after the test. */
  readonly connect: (test: Afterwards) => Promise<Client>
}

/** A database of the test's own with the tables of this version. */
export async function migratedDatabase(test: Afterwards): Promise<MigratedDatabase> {
  const dsn = await createDatabase(test)
  await migrate(dsn, () => {})
  const pool = openPool({ dsn, maxConnections: 8, applicationName: 'test' }, () => {})
  test.after(() => pool.end())
  return {
    dsn,
    pool,
    rows: async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(text, [...values])).rows,
    waiting: async () => {
      const { rows } = await pool.query<{ pid: number }>(
        `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
      return rows.map(({ pid }) => pid)
    },
    transaction: (work) => inTransaction(pool, work),
    connect: (other) => connect(other, dsn),
  }
}

export async function connect(test: Afterwards, dsn: string): Promise<Client> {
  const client = new Client({ connectionString: dsn })
  client.on('error', () => {})
  await client.connect()
  test.after(() => client.end().catch(() => {}))
  return client
}
