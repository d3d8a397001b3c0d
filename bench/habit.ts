import { randomUUID } from 'node:crypto'
import { Consumer, MessagesStreamModes, type Message } from '@platformatic/kafka'
import type { Client } from 'pg'
import { readOrder } from '../src/order/read-order.ts'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase, requireOrders } from './database.ts'
import { ORDER_LIMITS, type CopyLoad } from './copy-load.ts'
import { COLUMNS, rowsOf, TABLES, type Rows, type Table } from './rows.ts'
import { throughputOf, type Throughput } from './throughput.ts'

/**
 * What services of this kind usually do, from Kafka to committed as ours: take a record, store it in a
 * transaction of its own with a prepared insert for each row, commit its offset, take the next one.
 */
export async function measureHabit(
  { dsn, kafka }: BenchStack,
  { topic, topicId, sample }: CopyLoad,
  stopping: AbortSignal,
): Promise<Throughput> {
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  const consumer = new Consumer({
    clientId: kafka.clientId,
    bootstrapBrokers: [...kafka.brokers],
    groupId: `habit-${randomUUID()}`,
    autocommit: false,
  })
  await using closing = new AsyncDisposableStack()
  closing.defer(() => consumer.close(true))
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST })
  let stored = 0
  let startedAtMs = 0
  for await (const message of stream) {
    stopping.throwIfAborted()
    // Joining the group and the first fetch are left out.
    if (stored === 0) startedAtMs = performance.now()
    await storeOne(connection.client, rowsOfMessage(message, topicId))
    await message.commit()
    if (++stored === sample.length) break
  }
  const throughput = throughputOf(stored, performance.now() - startedAtMs)
  await requireOrders(database.dsn, stored)
  return throughput
}

function rowsOfMessage({ value, partition, offset }: Message, topicId: string): Rows {
  const reading = readOrder(value, ORDER_LIMITS)
  if (!reading.ok) throw new Error(reading.message)
  return rowsOf(reading.order, reading.contentHash, { topicId, partition, offset: Number(offset) })
}

/** The part of it that PostgreSQL has: the same transactions for orders that are there already. */
export async function measureHabitWrites(
  { dsn }: BenchStack,
  { sample }: CopyLoad,
  stopping: AbortSignal,
): Promise<Throughput> {
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  const startedAtMs = performance.now()
  for (const rows of sample) {
    stopping.throwIfAborted()
    await storeOne(connection.client, rows)
  }
  const throughput = throughputOf(sample.length, performance.now() - startedAtMs)
  await requireOrders(database.dsn, sample.length)
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
