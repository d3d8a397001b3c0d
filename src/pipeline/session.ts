import type { Filled, ReadingPosition } from './batch.ts'
import { HoldPartition } from './failure.ts'
import type { Ledger, LedgerKey, LedgerRow } from './ledger.ts'
import type { Log, LogRange, PartitionReader } from './log.ts'

/** One stretch of reading, from a look at the ledger until the next one. */
export interface Session {
  readonly key: LedgerKey
  readonly reader: PartitionReader
  readonly position: ReadingPosition
  /** Where the books stand as far as we know: everything before is durable. */
  settledTo: number
  version: number
  progressed: boolean
}

export interface Opening {
  readonly session: Session
  readonly row: LedgerRow
  readonly range: LogRange
}

/**
 * Reads topic id, log and ledger, and opens a reader where the ledger stands; for a topic id without a
 * row, at the log's start. The ledger alone says where: Kafka's copy of the offset is never asked.
 *
 * Throws `HoldPartition` when the topic is missing or its log was cut below the ledger.
 */
export async function openSession(
  log: Log,
  ledger: Pick<Ledger<never>, 'open'>,
  at: Omit<LedgerKey, 'topicId'>,
): Promise<Opening> {
  const { topic, partition } = at
  const before = await log.topic(topic)
  if (before === undefined || partition >= before.partitionCount) throw topicMissing(topic, partition)
  const range = await log.range(topic, partition)
  // The offsets were asked for by name: between two equal ids they belong to that id.
  const after = await log.topic(topic)
  if (after?.id !== before.id)
    throw new HoldPartition('topic_missing', `topic ${topic} is being created again`)
  const key: LedgerKey = { ...at, topicId: after.id }
  const row = await ledger.open(key, range)
  if (range.end < row.nextOffset) throw logCut(key, row.nextOffset, `the log ends at ${range.end}`)
  // The record before the position comes along to be compared, unless it was deleted meanwhile.
  const verifiable = row.fingerprint !== undefined && row.nextOffset - 1 >= range.start
  const offset = verifiable ? row.nextOffset - 1 : Math.max(row.nextOffset, range.start)
  const reader = log.open({ topic, topicId: key.topicId, partition, offset })
  const position: ReadingPosition = {
    next: row.nextOffset,
    unverified: verifiable ? row.fingerprint : undefined,
    leaderEpoch: range.leaderEpoch,
  }
  const session = {
    key,
    reader,
    position,
    settledTo: row.nextOffset,
    version: row.version,
    progressed: false,
  }
  return { session, row, range }
}

function topicMissing(topic: string, partition: number): HoldPartition {
  return new HoldPartition(
    'topic_missing',
    `topic ${topic} has no partition ${partition}; waiting until it is created`,
  )
}

function logCut(key: LedgerKey, nextOffset: number, what: string): HoldPartition {
  const where = `${key.topic}-${key.partition}`
  return new HoldPartition(
    'log_diverged',
    `the log of ${where} is not the one that was read: the ledger stands at ${nextOffset}, but ${what}; records were lost in Kafka`,
  )
}

export function unreadable({ key, reader }: Pick<Session, 'key' | 'reader'>): HoldPartition {
  const where = `${key.topic}-${key.partition}`
  const { first = reader.position, to, why = '' } = reader.unreadable ?? {}
  const batch =
    to === undefined
      ? `a batch of ${where} at offset ${first}`
      : `the batch of ${where} with offsets ${first} to ${to - 1}`
  return new HoldPartition('unreadable', `${batch} can't be decoded${why && `: ${why}`}`)
}

/** Throws for what must hold the partition; all other ends are answered by reading the ledger again. */
export function ended(filled: Filled<unknown>, session: Session): void {
  if (filled.type === 'log_cut')
    throw logCut(session.key, session.position.next, 'another record stands before it')
  if (session.reader.ended === 'unreadable') throw unreadable(session)
}

/**
 * Where the log of this topic id starts and ends; undefined when the topic has another id by now. It is
 * asked for by name, and an id never comes back: seen afterwards, the answer was its own.
 */
export async function rangeOf(
  log: Pick<Log, 'topic' | 'range'>,
  { topic, partition, topicId }: LedgerKey,
): Promise<LogRange | undefined> {
  const range = await log.range(topic, partition)
  return (await log.topic(topic))?.id === topicId ? range : undefined
}
