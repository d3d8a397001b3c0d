import { Pool as PgPool, type ClientBase, type PoolClient as PgPoolClient } from 'pg'

export type Pool = PgPool
export type PoolClient = PgPoolClient
/** Of a pool or not. */
export type Connection = ClientBase

export interface DatabaseSettings {
  readonly dsn: string
  /** Connections that are kept at most; a query beyond waits for a free one. */
  readonly maxConnections: number
  readonly applicationName: string
}

/** A frozen instance must not keep the ledger's rows locked: the server ends its transaction. */
const IDLE_IN_TRANSACTION_MS = 5_000
const LOCK_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 15_000
/** Above the statement time-out: it fires only when the server no longer answers at all. */
const ANSWER_TIMEOUT_MS = 20_000

/**
 * A pool of connections; none is opened before the first query. An idle connection that dies is dropped
 * and told to `onError`, so that it does not end the process.
 */
export function openPool(settings: DatabaseSettings, onError: (error: Error) => void): Pool {
  const pool = new PgPool({
    connectionString: settings.dsn,
    max: settings.maxConnections,
    application_name: settings.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  })
  pool.on('error', onError)
  // A client that is checked out gets its error from the query; without a listener the event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * A prepared statement keeps the plan of its first executions. Made while a table is nearly empty, that is to
 * go through it, and it stays so while the table grows, until the server gathers statistics.
 */
const BEGIN = 'begin isolation level read committed; set local enable_seqscan = off'

/** Rolls back a transaction on purpose: what it returned instead of committing. */
export class Rollback<T> {
  readonly value: T
  constructor(value: T) {
    this.value = value
  }
}

/**
 * Runs `work` in a READ COMMITTED transaction. When this resolves, the commit is durable, or `work`
 * returned a `Rollback` and nothing was written. When it throws, the outcome is failure or unknown, and
 * the connection is thrown away rather than given back in an unknown state.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T | Rollback<T>>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(BEGIN)
    const result = await work(client)
    if (result instanceof Rollback) {
      await client.query('rollback')
      return result.value
    }
    // A transaction that failed before is rolled back by a commit that succeeds.
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error(`the transaction was rolled back: commit answered ${command}`)
    return result
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(broken)
  }
}
