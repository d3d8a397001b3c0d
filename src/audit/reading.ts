import type { Log } from '../pipeline/log.ts'
import type { AuditDatabase, AuditSnapshot, BrokenOrders, LedgerEntry } from '../postgres/audit-database.ts'

export const ROLES = ['orders', 'retries', 'dead-letters'] as const
export type RoleName = (typeof ROLES)[number]

/** What a role reads, and in whose name. */
export interface AuditedTopic {
  readonly role: RoleName
  readonly topic: string
  readonly consumerGroup: string
}

export interface PartitionLog {
  readonly partition: number
  /** As it was before the database was asked, so that no ledger row can rightly stand below it. */
  readonly start: number
  /** As it was after the database was asked, so that no ledger row can rightly stand above it. */
  readonly end: number
}

export interface TopicReading extends AuditedTopic {
  /** Undefined when there is no such topic. */
  readonly topicId: string | undefined
  readonly partitions: readonly PartitionLog[]
}

/** All figures of one audit. Those of the database are of one moment. */
export interface Reading {
  readonly topics: readonly TopicReading[]
  readonly ledger: readonly LedgerEntry[]
  readonly orders: number
  readonly deadLetters: number
  readonly brokenOrders: readonly BrokenOrders[]
}

export type Topics = Pick<Log, 'topic' | 'range'>

const ATTEMPTS = 3

/**
 * Takes the figures while the service may be running: the broker is asked before and after the database,
 * and again when a topic was created anew in between. The caller disposes the snapshot. Throws when one of
 * them can't be asked.
 */
export async function openReading(
  kafka: Topics,
  audited: readonly AuditedTopic[],
  database: AuditDatabase,
): Promise<{ readonly reading: Reading; readonly snapshot: AuditSnapshot }> {
  for (let attempt = 1; ; attempt++) {
    const before = await readTopics(kafka, audited)
    const snapshot = await database.snapshot()
    try {
      const ledger = await snapshot.ledger()
      const counts = await snapshot.counts()
      const brokenOrders = await snapshot.brokenOrders()
      const after = await readTopics(kafka, audited)
      const topics = before.map((topic, index) => withEnds(topic, after[index]))
      return { reading: { topics, ledger, ...counts, brokenOrders }, snapshot }
    } catch (error) {
      await snapshot[Symbol.asyncDispose]()
      if (!(error instanceof TopicReplaced) || attempt === ATTEMPTS) throw error
    }
  }
}

export function readTopics(kafka: Topics, audited: readonly AuditedTopic[]): Promise<TopicReading[]> {
  return Promise.all(audited.map((each) => readTopic(kafka, each)))
}

async function readTopic(kafka: Topics, audited: AuditedTopic): Promise<TopicReading> {
  const state = await kafka.topic(audited.topic)
  if (state === undefined) return { ...audited, topicId: undefined, partitions: [] }
  const partitions = await Promise.all(
    Array.from({ length: state.partitionCount }, async (_, partition) => {
      const { start, end } = await kafka.range(audited.topic, partition)
      return { partition, start, end }
    }),
  )
  return { ...audited, topicId: state.id, partitions }
}

class TopicReplaced extends Error {}

function withEnds(before: TopicReading, after: TopicReading | undefined): TopicReading {
  if (after === undefined || after.topicId !== before.topicId)
    throw new TopicReplaced(`topic ${before.topic} was created or deleted during the audit; run it again`)
  const starts = new Map(before.partitions.map(({ partition, start }) => [partition, start]))
  const partitions = after.partitions.map(({ partition, start, end }) => ({
    partition,
    start: starts.get(partition) ?? start,
    end,
  }))
  return { ...before, partitions }
}

/** A partition of a topic as it is now, and how far its books are. */
export interface PartitionBooks {
  readonly role: RoleName
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly logStart: number
  readonly logEnd: number
  /** Records that are not settled yet. */
  readonly lag: number
  /** Undefined while nothing of the partition was read. */
  readonly entry: LedgerEntry | undefined
}

/** Offsets from a row's position up to `end`, without those that it settled ahead. */
export function unsettledBelow({ nextOffset, ahead }: LedgerEntry, end: number): number {
  const settled = ahead.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, end) - from), 0)
  return end - nextOffset - settled
}

export function currentPartitions({ topics, ledger }: Pick<Reading, 'topics' | 'ledger'>): PartitionBooks[] {
  return topics.flatMap(({ role, topic, topicId, consumerGroup, partitions }) =>
    partitions.map(({ partition, start, end }) => {
      const entry = ledger.find(
        (row) =>
          row.consumerGroup === consumerGroup && row.topicId === topicId && row.partition === partition,
      )
      const unsettled = entry === undefined ? end - start : unsettledBelow(entry, end)
      const lag = Math.max(0, unsettled)
      return { role, topic, topicId: topicId ?? '', partition, logStart: start, logEnd: end, lag, entry }
    }),
  )
}
