import type { SourceRecord } from './record.ts'

/** First and next offset of a partition, and the epoch of its leader. */
export interface LogRange {
  readonly start: number
  readonly end: number
  readonly leaderEpoch: number
}

export interface TopicState {
  /** Changes when a topic of the same name is deleted and created again. */
  readonly id: string
  readonly partitionCount: number
}

/**
 * Why a reader delivers nothing more. None is a fault of the records: the partition reads its ledger
 * again and opens a new reader there.
 */
export type ReaderEnd =
  | 'closed' // by its owner
  | 'out_of_range' // its position lies before the log's start or behind its end
  | 'topic_changed' // the topic id that it was opened for is gone
  | 'unreadable' // a batch at its position can't be decoded

/** A batch of the log that nothing can be read from. */
export interface UnreadableBatch {
  readonly first: number
  /** One above its last offset; undefined when not even that can be told. */
  readonly to: number | undefined
  readonly why: string
}

/** Reads one partition of one topic id, in order, from the offset it was opened at. */
export interface PartitionReader {
  /** Next offset to fetch; above the last delivered record when offsets without a record follow it. */
  readonly position: number
  /** Offset of the oldest record that waits to be taken; where there is none, `position`. */
  readonly nextRecord: number
  /** Log end as of the newest answer. */
  readonly logEnd: number
  readonly ended: ReaderEnd | undefined
  /** With the end `unreadable`: what was found there. */
  readonly unreadable?: UnreadableBatch | undefined
  /** What is there now, oldest first, at most so many records and about so many bytes; may be empty. */
  take(maxRecords: number, maxBytes: number): SourceRecord[]
  /** Resolves when something can be taken, when the reader ended, or after `timeoutMs`. */
  readable(timeoutMs: number): Promise<void>
  /** Drops what is buffered. May be called twice. */
  close(): void
}

/** The reading side of Kafka, as a role needs it. Every call may throw when no broker can be reached. */
export interface Log {
  /** As the brokers know it now, not from a cache; undefined when there is no such topic. */
  topic(name: string): Promise<TopicState | undefined>
  range(topic: string, partition: number): Promise<LogRange>
  open(at: { topic: string; topicId: string; partition: number; offset: number }): PartitionReader
  /**
   * Kafka's own copy of the offset, for tools that show lag. Nothing is ever read from it, and a copy
   * that can't be written is no error: the ledger has it.
   */
  commitCopy(topic: string, partition: number, nextOffset: number, leaderEpoch: number): void
}

/** The partitions that the group gave to this instance. */
export interface Membership {
  /**
   * Joins the group and calls back with the whole assignment after each join, again and again until it
   * is closed. A partition that is missing has gone to another instance.
   */
  start(onAssignment: (partitions: readonly number[]) => void): void
  /** Makes the group assign again, for when partitions were added to the topic. */
  rejoin(): void
  /** Leaves the group, so that the others take over at once. */
  close(): Promise<void>
}
