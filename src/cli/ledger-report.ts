import { currentPartitions, readTopics, type AuditedTopic, type Topics } from '../audit/reading.ts'
import { align } from '../audit/table.ts'
import type { LedgerColumn, LedgerKey } from '../pipeline/ledger.ts'
import type { AuditDatabase } from '../postgres/audit-database.ts'
import { COUNTED } from '../postgres/ledger-columns.ts'
import type { Change, MovableRow, Move } from '../repair/moves.ts'

/** Where the books and the log of a partition stand. */
interface PartitionPosition {
  readonly consumerGroup: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Null while nothing of the partition was read. */
  readonly origin: number | null
  readonly nextOffset: number | null
  readonly logStart: number
  readonly logEnd: number
  readonly lag: number
  readonly counts: Readonly<Partial<Record<LedgerColumn, number>>>
}

/** The topics as they are now; books of topic ids that are gone are in the audit. */
export async function readStatus(
  kafka: Topics,
  audited: readonly AuditedTopic[],
  database: Pick<AuditDatabase, 'ledger'>,
): Promise<PartitionPosition[]> {
  const topics = await readTopics(kafka, audited)
  const ledger = await database.ledger()
  const groups = new Map(audited.map(({ role, consumerGroup }) => [role, consumerGroup]))
  return currentPartitions({ topics, ledger }).map(({ role, entry, ...position }) => ({
    consumerGroup: groups.get(role) ?? '',
    ...position,
    origin: entry?.origin ?? null,
    nextOffset: entry?.nextOffset ?? null,
    counts: entry?.counts ?? {},
  }))
}

export function formatStatus(partitions: readonly PartitionPosition[]): string {
  const columns = COUNTED.filter((column) => partitions.some(({ counts }) => (counts[column] ?? 0) > 0))
  const head = ['group', 'topic', 'partition', 'next', 'log start', 'log end', 'lag', ...columns]
  const rows = partitions.map(
    ({ consumerGroup, topic, partition, nextOffset, logStart, logEnd, lag, counts }) => [
      consumerGroup,
      topic,
      String(partition),
      String(nextOffset ?? '-'),
      ...[logStart, logEnd, lag].map(String),
      ...columns.map((column) => String(counts[column] ?? '-')),
    ],
  )
  return `${align([head, ...rows], 2).join('\n')}\n`
}

/** What is going to happen, in words. */
export function describeMove(
  { topic, partition, consumerGroup }: LedgerKey,
  move: Move,
  row: MovableRow,
  { nextOffset, changes }: Change,
): string {
  let what: string
  switch (move.kind) {
    case 'skip':
      what = `offsets ${row.nextOffset} to ${nextOffset - 1} are passed over: ${changes.skipped} of them are never read`
      break
    case 'rewind': {
      const taken = Object.entries(move.takeBack).map(([column, count]) => `${count} ${column}`)
      const less = taken.length === 0 ? '' : `, taking back ${taken.join(' and ')}`
      what = `offsets ${nextOffset} to ${row.nextOffset - 1} are read again${less}`
      break
    }
    case 'deleted':
      what = `${move.rows} rows that count as ${move.column} were deleted on purpose, and count as skipped`
      break
  }
  return `${topic}-${partition} (${consumerGroup}): ${what}`
}
