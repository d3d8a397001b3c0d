import { Client, type QueryResultRow } from 'pg'

/** The database past every proxy. It is asked one question at a time. */
export interface DirectDatabase extends AsyncDisposable {
  /** Rejects when it can't be asked now; the next question begins on a new connection. */
  query<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]>
}

const ANSWER_WITHIN_MS = 3_000

/** `place.dsn` is read at each question: after a fail-over it is another. */
export function directDatabase(place: { readonly dsn: string }): DirectDatabase {
  let open: { readonly client: Client; readonly dsn: string } | undefined

  const close = async (): Promise<void> => {
    const left = open
    open = undefined
    await left?.client.end().catch(() => {})
  }
  /** A server that is paused would not let go of its connection, so nobody waits for that. */
  const drop = (): void => void close()

  const ask = async <Row extends QueryResultRow>(text: string, values: readonly unknown[]) => {
    const { dsn } = place
    try {
      if (open?.dsn !== dsn) {
        drop()
        open = { client: await connect(dsn), dsn }
      }
      return (await open.client.query<Row>(text, [...values])).rows
    } catch (error) {
      drop()
      throw error
    }
  }

  let before: Promise<unknown> = Promise.resolve()
  return {
    query: <Row extends QueryResultRow>(text: string, values: readonly unknown[]) => {
      const answer = before.then(() => ask<Row>(text, values))
      before = answer.catch(() => {})
      return answer
    },
    [Symbol.asyncDispose]: close,
  }
}

async function connect(dsn: string): Promise<Client> {
  const client = new Client({
    connectionString: dsn,
    application_name: 'sluice-chaos',
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    statement_timeout: ANSWER_WITHIN_MS,
  })
  client.on('error', () => {}) // a connection that dies would otherwise end the process
  try {
    await client.connect()
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
}
