import type { Client } from 'pg'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase, requireOrders } from './database.ts'
import { COLUMNS, TABLES, type Rows, type Table } from './rows.ts'
import { throughputOf, type Throughput } from './throughput.ts'

/**
 * What services of this kind usually do: for each record a transaction of its own, a prepared insert for
 * each row, one after the other on one connection. Its reading and decoding costs are left out.
 */
export async function measureHabit(
  { dsn }: BenchStack,
  orders: readonly Rows[],
  stopping: AbortSignal,
): Promise<Throughput> {
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  const startedAtMs = performance.now()
  for (const rows of orders) {
    stopping.throwIfAborted()
    await storeOne(connection.client, rows)
  }
  const throughput = throughputOf(orders.length, performance.now() - startedAtMs)
  await requireOrders(database.dsn, orders.length)
  return throughput
}

async function storeOne(client: Client, rows: Rows): Promise<void> {
  await client.query('begin')
  for (const table of TABLES) {
    for (const row of rows[table])
      await client.query({ name: `insert-${table}`, text: INSERTS[table], values: [...row] })
  }
  await client.query('commit')
}

const INSERTS: Readonly<Record<Table, string>> = {
  orders: insertInto('orders'),
  delivery: insertInto('delivery'),
  payment: insertInto('payment'),
  items: insertInto('items'),
}

function insertInto(table: Table): string {
  const columns = COLUMNS[table]
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`
}
