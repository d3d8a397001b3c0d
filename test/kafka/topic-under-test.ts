import { Admin, Consumer } from '@platformatic/kafka'
import { uniqueName } from '../stack-under-test.ts'

interface ReadRecord {
  readonly partition: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer, Buffer | null])[]
}

/** Creates a topic, waits until it can be produced to, and returns its name. */
export async function createTopic(
  brokers: string,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const admin = new Admin({
    clientId: 'test',
    bootstrapBrokers: brokers.split(','),
    retries: 20,
    retryDelay: 100,
  })
  try {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    await admin.createTopics({ topics: [name], partitions, replicas: 1, configs: entries })
    await admin.metadata({ topics: [name], forceUpdate: true })
  } finally {
    await admin.close()
  }
  return name
}

/** Everything that is in a topic now, each partition in its order. */
export async function readTopic(brokers: string, topic: string): Promise<ReadRecord[]> {
  const total = await countOf(brokers, topic)
  const records: ReadRecord[] = []
  if (total === 0) return records
  const consumer = new Consumer({
    clientId: 'test',
    groupId: uniqueName('reader'),
    bootstrapBrokers: brokers.split(','),
  })
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
    for await (const { partition, key, value, headers } of stream) {
      // The library's types deny it, but what is missing comes as undefined.
      const found = [...headers].map(([name, header]) => [name, orNull(header)] as const)
      records.push({ partition, key: orNull(key), value: orNull(value), headers: found })
      if (records.length === total) break
    }
  } finally {
    await consumer.close(true)
  }
  return records
}

function orNull(bytes: Buffer | undefined | null): Buffer | null {
  return bytes ?? null
}

async function countOf(brokers: string, topic: string): Promise<number> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(',') })
  try {
    const metadata = await admin.metadata({ topics: [topic] })
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1n,
    }))
    const offsets = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
    return offsets.flatMap((each) => each.partitions).reduce((sum, { offset }) => sum + Number(offset), 0)
  } finally {
    await admin.close()
  }
}
