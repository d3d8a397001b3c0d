import { Client } from 'pg'

type Row = Record<string, unknown>

const QUERY_TIMEOUT_MS = 10_000

/** Lends `work` a connection of its own, which is closed when it has ended, well or not. */
export async function withConnection<T>(
  dsn: string,
  queryTimeoutMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: dsn,
    connectionTimeoutMillis: 2_000,
    query_timeout: queryTimeoutMs,
  })
  client.on('error', () => {}) // a connection that dies would otherwise end the process
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The first row of the answer on a connection of its own; empty when there is none. */
export async function query(dsn: string, sql: string): Promise<Row> {
  return await withConnection(dsn, QUERY_TIMEOUT_MS, async (client) => await firstRow(client, sql))
}

export async function firstRow(client: Client, sql: string): Promise<Row> {
  return (await client.query<Row>(sql)).rows[0] ?? {}
}
