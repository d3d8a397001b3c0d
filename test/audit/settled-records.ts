import { Client, type QueryResultRow } from 'pg'
import { openProducer } from '../../src/kafka/producer.ts'
import type { OutgoingRecord } from '../../src/pipeline/record.ts'
import { modelWith } from '../order/fixtures.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { createDatabase, sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'
import { readAudit } from './run-audit.ts'

type Afterwards = Parameters<typeof createDatabase>[0]
export type Environment = Readonly<Record<string, string>> & { readonly DB_DSN: string }

export const ORDERS = 40
/** 40 orders, one of them twice and one of them changed, and 4 records that are no orders. */
export const RECORDS = ORDERS + 6
export const DEAD_LETTERS = 5

function records(topic: string): OutgoingRecord[] {
  const order = (id: number): string => modelWith('/order_uid', `order-${id}`)
  const values = Array.from({ length: ORDERS }, (_, id) => order(id))
  values.push(order(3), order(4).replace('"WBIL"', '"other"'), '{}', 'not JSON', '[]', '')
  return values.map((value, id) => {
    const headers = [[Buffer.from('a'), Buffer.from('b')]] as const
    return { topic, key: Buffer.from(`key-${id}`), value: Buffer.from(value), headers }
  })
}

/**
 * Produces the records to a topic of 2 partitions, and lets a service with these roles settle them.
 * Resolves with the environment when the service has ended.
 */
export async function settleRecords(test: Afterwards, roles: string): Promise<Environment> {
  const topic = uniqueName('audit')
  const environment = {
    KAFKA_BROKERS: sharedStack().brokers,
    DB_DSN: await createDatabase(test),
    KAFKA_TOPIC: topic,
    RETRY_TOPIC: `${topic}_retry`,
    DLQ_TOPIC: `${topic}_dlq`,
    KAFKA_GROUP_ID: topic,
    TOPIC_PARTITIONS: '2',
  }
  const service = await startServiceProcess(test, { ...environment, ROLES: roles })
  await produce(records(topic))
  const served = [topic, ...(roles.includes('dead-letters') ? [environment.DLQ_TOPIC] : [])]
  await waitUntil(
    async () => {
      const { partitions } = await readAudit(environment)
      const settled = partitions.filter((partition) => served.includes(partition.topic))
      const offsets = settled.reduce((sum, { nextOffset }) => sum + (nextOffset ?? 0), 0)
      return offsets === RECORDS + (served.length - 1) * DEAD_LETTERS
    },
    { deadlineMs: 30_000, what: 'all records are settled' },
  )
  await service.stop()
  return environment
}

export async function produce(outgoing: readonly OutgoingRecord[]): Promise<void> {
  const settings = { brokers: sharedStack().brokers.split(','), clientId: 'test' }
  await using producer = openProducer(settings, { giveUpAfterMs: 10_000, onError: () => {} })
  await producer.send(outgoing)
}

/** The rows of one statement; of several statements, nothing. */
export async function execute<Row extends QueryResultRow>(dsn: string, statements: string): Promise<Row[]> {
  const client = new Client({ connectionString: dsn })
  await client.connect()
  try {
    return (await client.query<Row>(statements)).rows
  } finally {
    await client.end()
  }
}

/** Runs statements on a copy of the database, and resolves with the environment for that. */
export async function changedCopy(
  test: Afterwards,
  environment: Environment,
  statements: string,
): Promise<Environment> {
  const { dsn } = sharedStack()
  const name = uniqueName('copy').replaceAll('-', '_')
  await execute(dsn, `create database ${name} template ${new URL(environment.DB_DSN).pathname.slice(1)}`)
  test.after(async () => void (await execute(dsn, `drop database ${name} with (force)`)))
  const url = new URL(dsn)
  url.pathname = `/${name}`
  await execute(url.href, statements)
  return { ...environment, DB_DSN: url.href }
}
