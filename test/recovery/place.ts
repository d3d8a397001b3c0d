import { Admin } from '@platformatic/kafka'
import type { Site } from '../../chaos/checker/site.ts'
import { createDatabase, sharedStack, uniqueName } from '../stack-under-test.ts'

export { query } from '../../chaos/checker/database.ts'
export { endsOf } from '../../chaos/checker/site.ts'

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

/** The same for the checker of chaos runs, which has what these tests ask with as well. */
export function siteOf({ brokers, dsn, orders, retries, deadLetters, group }: Place): Site {
  return { brokers, dsn, group, topics: { orders, retries, deadLetters } }
}
