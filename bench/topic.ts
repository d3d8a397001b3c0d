import type { Cluster } from '../src/kafka/cluster.ts'
import { partitionHash } from '../src/kafka/partitioner.ts'
import { countsOf, type Shares } from '../src/producer/plan.ts'
import { seedFrom } from '../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../src/producer/records.ts'
import { produceLoad } from '../src/wiring/produce-load.ts'
import type { BenchStack } from './bench-stack.ts'

export const PARTITIONS = 4
export const ONLY_VALID: Shares = { invalid: 0, duplicate: 0, conflict: 0 }

export interface TopicPlan {
  /** Of the topic, and the seed of what is in it. */
  readonly name: string
  readonly records: number
  readonly partitions: number
  /** How many of the records are no orders, 0 to 1. */
  readonly invalidShare: number
}

/** A topic that holds exactly these records. */
export interface FilledTopic {
  readonly topic: string
  readonly topicId: string
  readonly records: number
  /** How many of them can't be stored. */
  readonly invalid: number
  /** Of all records' values. */
  readonly bytes: number
}

/** Makes a topic and produces the records; `onAcknowledged` gets them in the order in which they lie there. */
export async function fillTopic(
  { kafka, cluster }: BenchStack,
  { name, records, partitions, invalidShare }: TopicPlan,
  stopping: AbortSignal,
  onAcknowledged: (record: LoadRecord) => void = () => {},
): Promise<FilledTopic> {
  const shares = { ...ONLY_VALID, invalid: invalidShare }
  const topicId = await createTopic(cluster, name, partitions)
  let bytes = 0
  const { acknowledged } = await produceLoad(
    kafka,
    name,
    {
      chunks: generateRecords(seedFrom(name), records, shares),
      intervalMs: 0,
      stopping,
      onAcknowledged: (taken) => {
        for (const record of taken) {
          bytes += record.value?.length ?? 0
          onAcknowledged(record)
        }
      },
    },
    () => {},
  )
  stopping.throwIfAborted()
  const ranges = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => cluster.range(name, partition)),
  )
  const held = ranges.reduce((sum, { end }) => sum + end, 0)
  if (acknowledged.total !== records || held !== records)
    throw new Error('Kafka holds other records than were meant to be produced')
  return { topic: name, topicId, records, invalid: countsOf(records, shares).invalid, bytes }
}

/** Returns the id of the new topic. */
export async function createTopic(cluster: Cluster, name: string, partitions: number): Promise<string> {
  await cluster.createMissing([{ name, partitions, configs: {} }])
  const state = await cluster.topic(name)
  if (state === undefined) throw new Error(`topic ${name} did not appear`)
  return state.id
}

export function partitionOf(key: Buffer | null, partitions: number): number {
  if (key === null) throw new Error('a record without a key may go anywhere')
  return partitionHash(key) % partitions
}
