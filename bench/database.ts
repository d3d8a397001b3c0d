import { randomBytes } from 'node:crypto'
import { Client, type QueryResultRow } from 'pg'
import { migrate } from '../src/postgres/migrate.ts'

export interface FreshDatabase extends AsyncDisposable {
  readonly dsn: string
}

/**
 * A new database with the migrations as they ship. What earlier work left to be written to disk is written
 * before this resolves, so that nobody pays for it later. Disposing drops it.
 */
export async function freshDatabase(serverDsn: string): Promise<FreshDatabase> {
  const name = `bench_${randomBytes(6).toString('hex')}`
  await query(serverDsn, `create database ${name}`)
  const url = new URL(serverDsn)
  url.pathname = `/${name}`
  await migrate(url.href, () => {})
  await query(serverDsn, 'checkpoint')
  return {
    dsn: url.href,
    [Symbol.asyncDispose]: async () => {
      await query(serverDsn, `drop database ${name} with (force)`)
    },
  }
}

/** A connection without any settings of the service's; disposing closes it. */
export async function connect(dsn: string): Promise<{ readonly client: Client } & AsyncDisposable> {
  const client = new Client({ connectionString: dsn, connectionTimeoutMillis: 5_000 })
  // A statement under way rejects by itself; without a listener the event would end the process.
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

export async function query<Row extends QueryResultRow>(dsn: string, text: string): Promise<Row[]> {
  await using connection = await connect(dsn)
  return (await connection.client.query<Row>(text)).rows
}

/** Throws unless exactly this many orders are stored whole: a fast way to write too little is no result. */
export async function requireOrders(dsn: string, expected: number): Promise<void> {
  const [row] = await query<{ orders: string; whole: string }>(
    dsn,
    `select
      (select count(*) from orders) as orders,
      (
        select count(*) from orders
        join delivery using (order_uid)
        join payment using (order_uid)
        where exists (select from items where items.order_uid = orders.order_uid)
      ) as whole`,
  )
  if (Number(row?.orders) !== expected || Number(row?.whole) !== expected)
    throw new Error(`${row?.orders} orders were stored, ${row?.whole} of them whole, instead of ${expected}`)
}
