import type { Source } from '../postgres/audit-identities.ts'
import type { LedgerEntry, SkippedRange } from '../postgres/audit-database.ts'
import type { OffsetRange } from './read-records.ts'
import { currentPartitions, type Reading, type RoleName } from './reading.ts'

/** Settled records of a partition that Kafka still has. */
export interface ReadableRange extends OffsetRange {
  readonly logEnd: number
}

/**
 * What can be read again of a role's topic, in the order of the partitions. A record that any consumer
 * group settled has its outcome in the tables, so the group that got furthest counts.
 */
export function readableRanges(reading: Reading, role: RoleName): ReadableRange[] {
  const furthest = furthestOffsets(reading.ledger)
  return currentPartitions(reading)
    .filter((partition) => partition.role === role)
    .map(({ topic, topicId, partition, logStart, logEnd }) => {
      const settled = furthest.get(`${topicId}/${partition}`) ?? 0
      return {
        topic,
        topicId,
        partition,
        from: logStart,
        to: Math.max(logStart, Math.min(settled, logEnd)),
        logEnd,
      }
    })
    .toSorted((a, b) => a.partition - b.partition)
}

function furthestOffsets(ledger: readonly LedgerEntry[]): Map<string, number> {
  const furthest = new Map<string, number>()
  for (const { topicId, partition, nextOffset } of ledger) {
    const key = `${topicId}/${partition}`
    furthest.set(key, Math.max(nextOffset, furthest.get(key) ?? 0))
  }
  return furthest
}

/** Whether some consumer group's books went past this record, so that it was there once. */
export function isInTheBooks(ledger: readonly LedgerEntry[]): (source: Source) => boolean {
  const rows = Map.groupBy(ledger, ({ topicId, partition }) => `${topicId}/${partition}`)
  return ({ topicId, partition, offset }) =>
    (rows.get(`${topicId}/${partition}`) ?? []).some(
      ({ origin, nextOffset }) => origin <= offset && offset < nextOffset,
    )
}

/** Whether records of the dead-letter topic are gone, so that a dead letter can't be traced back to it. */
export function hasLostDeadLetters(reading: Reading): boolean {
  const topic = reading.topics.find(({ role }) => role === 'dead-letters')
  return (
    readableRanges(reading, 'dead-letters').some(({ from }) => from > 0) ||
    reading.ledger.some(
      (row) =>
        row.consumerGroup === topic?.consumerGroup &&
        row.topicId !== topic.topicId &&
        row.nextOffset > row.origin,
    )
  )
}

/** The order in which the database sorts rows by their source. */
export function comesBefore(a: Source, b: Source): boolean {
  if (a.topicId !== b.topicId) return a.topicId < b.topicId
  if (a.partition !== b.partition) return a.partition < b.partition
  return a.offset < b.offset
}

/** Whether an operator passed over all of these offsets: then nobody expects an outcome. */
export function wasSkipped(
  skipped: readonly SkippedRange[],
  { topicId, partition, from, to }: Pick<OffsetRange, 'topicId' | 'partition' | 'from' | 'to'>,
): boolean {
  return skipped.some(
    (range) =>
      range.topicId === topicId && range.partition === partition && range.from <= from && to <= range.to,
  )
}
