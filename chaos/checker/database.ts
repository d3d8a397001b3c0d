import { Client, type QueryResultRow } from 'pg'

/** Rows of one statement on a connection of its own, so that a server that was killed leaves nothing behind. */
export async function query<Row extends QueryResultRow>(
  dsn: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return await withClient(dsn, async (client) => (await client.query<Row>(text, [...values])).rows)
}

/** Everything that `work` reads is of one moment, and no limit of the server ends it. */
export async function withSnapshot<T>(dsn: string, work: (client: Client) => Promise<T>): Promise<T> {
  return await withClient(dsn, async (client) => {
    await client.query('begin isolation level repeatable read read only')
    await client.query('set local statement_timeout = 0')
    await client.query('set local idle_in_transaction_session_timeout = 0')
    return await work(client)
  })
}

/** Rows of a query inside a transaction, `fetch` at a time, so that their number does not matter to memory. */
export async function* rowsOf<Row extends QueryResultRow>(
  client: Client,
  text: string,
  fetch: number,
): AsyncGenerator<Row> {
  await client.query(`declare some_rows no scroll cursor for ${text}`)
  for (;;) {
    const { rows } = await client.query<Row>(`fetch ${fetch} from some_rows`)
    if (rows.length === 0) break
    yield* rows
  }
  await client.query('close some_rows')
}

async function withClient<T>(dsn: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: dsn, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
