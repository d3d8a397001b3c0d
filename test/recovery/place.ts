import { Admin } from '@platformatic/kafka'
import { Client, type QueryResultRow } from 'pg'
import { openCluster } from '../../src/kafka/cluster.ts'
import { createDatabase, sharedStack, uniqueName } from '../stack-under-test.ts'

/** A database, topics and a consumer group that no other test uses. */
export interface Place {
  readonly brokers: string
  readonly dsn: string
  readonly orders: string
  readonly retries: string
  readonly deadLetters: string
  readonly group: string
  /** What a service needs to run here. */
  readonly environment: Readonly<Record<string, string>>
}

export const PARTITIONS = 4

export function placeOn({ brokers, dsn }: { brokers: string; dsn: string }): Place {
  const orders = uniqueName('orders')
  const retries = `${orders}-retry`
  const deadLetters = `${orders}-dlq`
  const group = `${orders}-group`
  const environment = {
    KAFKA_BROKERS: brokers,
    DB_DSN: dsn,
    KAFKA_TOPIC: orders,
    RETRY_TOPIC: retries,
    DLQ_TOPIC: deadLetters,
    KAFKA_GROUP_ID: group,
    TOPIC_PARTITIONS: String(PARTITIONS),
  }
  return { brokers, dsn, orders, retries, deadLetters, group, environment }
}

/** On the stack that the whole run shares; nothing of it may be stopped. */
export async function placeOnSharedStack(test: Parameters<typeof createDatabase>[0]): Promise<Place> {
  return placeOn({ brokers: sharedStack().brokers, dsn: await createDatabase(test) })
}

/** Rows of one statement on a connection of its own, so that a server that was killed leaves nothing behind. */
export async function query<Row extends QueryResultRow>(
  dsn: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: dsn, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Row>(text, [...values])).rows
  } finally {
    await client.end().catch(() => {})
  }
}

export async function withAdmin<T>(
  { brokers }: Pick<Place, 'brokers'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(','), retries: 5 })
  admin.on('error', () => {})
  try {
    return await work(admin)
  } finally {
    await admin.close().catch(() => {})
  }
}

export async function createTopic(place: Place, topic: string, partitions = PARTITIONS): Promise<void> {
  await withAdmin(place, async (admin) => {
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  })
}

export interface TopicEnds {
  readonly topicId: string
  /** First and next offset by partition. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
}

export async function endsOf({ brokers }: Pick<Place, 'brokers'>, topic: string): Promise<TopicEnds> {
  await using cluster = openCluster({ brokers: brokers.split(','), clientId: 'test' }, () => {})
  const state = await cluster.topic(topic)
  if (state === undefined) throw new Error(`there is no topic ${topic}`)
  const partitions = Array.from({ length: state.partitionCount }, (_, partition) => partition)
  return {
    topicId: state.id,
    ranges: await Promise.all(partitions.map((partition) => cluster.range(topic, partition))),
  }
}
