/** One record as it lies in a topic. Key, value and headers are the bytes that were produced. */
export interface SourceRecord {
  readonly topic: string
  readonly partition: number
  /** Position in the partition. A double holds offsets exactly up to 2^53, some 9 × 10^15 records. */
  readonly offset: number
  /** What the broker or the producer stamped, in ms since the epoch. */
  readonly timestampMs: number
  /** Epoch of the leader that appended it: with the timestamp, the fingerprint of a log that was cut. */
  readonly leaderEpoch: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  /** What it keeps in memory while it is in flight, about. */
  readonly bytes: number
}

/** Names may repeat and values may be missing: both pass through as they came. */
export type Header = readonly [name: Buffer, value: Buffer | null]

/** A record to produce. `partition` is chosen from the key, as Kafka's own clients do. */
export interface OutgoingRecord {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}
