import { Admin, Producer } from '@platformatic/kafka'
import { openCluster, type Cluster } from '../../src/kafka/cluster.ts'
import { DEFAULT_LIMITS, FetchLoop, type FetchLimits } from '../../src/kafka/fetch-loop.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import type { PartitionReader } from '../../src/pipeline/log.ts'
import type { OutgoingRecord, SourceRecord } from '../../src/pipeline/record.ts'
import { sharedStack } from '../stack-under-test.ts'

interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

export function settings(): { brokers: string[]; clientId: string } {
  return { brokers: sharedStack().brokers.split(','), clientId: 'test' }
}

export function clusterOf(test: Afterwards): Cluster {
  const cluster = openCluster(settings(), () => {})
  test.after(async () => await cluster[Symbol.asyncDispose]())
  return cluster
}

export function fetchLoopOf(test: Afterwards, limits: Partial<FetchLimits> = {}): FetchLoop {
  const loop = new FetchLoop(settings(), () => {}, { ...DEFAULT_LIMITS, ...limits })
  test.after(async () => await loop[Symbol.asyncDispose]())
  return loop
}

export function adminOf(test: Afterwards): Admin {
  const { brokers, clientId } = settings()
  const admin = new Admin({ clientId, bootstrapBrokers: brokers, retries: 20, retryDelay: 100 })
  test.after(() => admin.close())
  return admin
}

/** A producer of the library itself, for what ours never does: compression, partitions by choice, transactions. */
export function foreignProducerOf(test: Afterwards, transactionalId?: string): Producer {
  const { brokers, clientId } = settings()
  const producer = new Producer({
    clientId,
    bootstrapBrokers: brokers,
    idempotent: true,
    ...(transactionalId !== undefined && { transactionalId }),
  })
  test.after(() => producer.close(true))
  return producer
}

export async function produce(records: readonly OutgoingRecord[]): Promise<void> {
  await using producer = openProducer(settings(), { giveUpAfterMs: 30_000, onError: () => {} })
  await producer.send(records)
}

/** Opens a reader of the topic as it is now. */
export async function readerOf(
  test: Afterwards,
  loop: FetchLoop,
  { topic, partition = 0, offset = 0 }: { topic: string; partition?: number; offset?: number },
): Promise<PartitionReader> {
  const state = await clusterOf(test).topic(topic)
  if (state === undefined) throw new Error(`there is no topic ${topic}`)
  return loop.open({ topic, topicId: state.id, partition, offset })
}

/** Takes everything below `end`, and stops there or where the reader ends. */
export async function takeUntil(reader: PartitionReader, end: number): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  const deadlineMs = performance.now() + 20_000
  while (reader.nextRecord < end && reader.ended === undefined) {
    if (performance.now() > deadlineMs) throw new Error(`still at ${reader.nextRecord}, not at ${end}`)
    records.push(...reader.take(1_000, 1_048_576))
    if (reader.nextRecord < end) await reader.readable(100)
  }
  return records
}
