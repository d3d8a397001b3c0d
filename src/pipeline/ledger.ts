/** Whose books: a consumer group's, for one partition of one topic *id*. */
export interface LedgerKey {
  readonly consumerGroup: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/** What became of records; each of them has exactly one. */
export type DispositionColumn =
  | 'stored'
  | 'duplicates'
  | 'retried'
  | 'dead_lettered'
  | 'forwarded'
  | 'archived'
  | 'reopened'

/** And what became of offsets that this service gave no disposition to. */
export type LedgerColumn = DispositionColumn | 'expired' | 'absent' | 'skipped' | 'rewound'
export type Counts = Partial<Record<LedgerColumn, number>>

/** Identifies the record before `nextOffset`; another one there means that the log was cut and grew again. */
export interface Fingerprint {
  readonly leaderEpoch: number
  readonly timestampMs: number
}

/** Of an offset that holds no record: whichever is found there later was not there when the books passed it. */
export const NO_RECORD: Fingerprint = { leaderEpoch: -1, timestampMs: -1 }

/** When the record was written, as it says; undefined where there was none. */
export function timestampOf(fingerprint: Fingerprint | undefined): number | undefined {
  return fingerprint === undefined || fingerprint.timestampMs < 0 ? undefined : fingerprint.timestampMs
}

export interface LedgerRow {
  readonly nextOffset: number
  /** Rises by one with each write; with `writtenBy` it tells whether a COMMIT without an answer took effect. */
  readonly version: number
  readonly writtenBy: string
  readonly fingerprint: Fingerprint | undefined
}

/** One step of the books: from `from` to `to`, with where every offset in between went. */
export interface LedgerStep {
  readonly from: number
  readonly to: number
  readonly counts: Counts
  /** Of the record before `to`, or `NO_RECORD`; undefined when nothing is known about it. */
  readonly fingerprint: Fingerprint | undefined
  readonly logEnd: number
}

/**
 * The books in the database. Every write locks the row first and holds only when it stands where the
 * caller expects it; whoever finds it elsewhere is a stale instance, or the database is an older copy.
 */
export interface Ledger<Transaction> {
  /** Creates the row at the log's start when there is none; waits for a transaction that holds it. */
  open(key: LedgerKey, log: { readonly start: number; readonly end: number }): Promise<LedgerRow>
  read(key: LedgerKey): Promise<LedgerRow | undefined>
  /**
   * Runs `work` in a transaction that locked the row at `from`, books the step that it returns, and
   * commits. When this resolves to 'committed', data and books are durable. 'fenced': the row stands
   * elsewhere, nothing was done. Throws when the outcome is failure or unknown.
   */
  settle(
    key: LedgerKey,
    from: number,
    work: (transaction: Transaction) => Promise<LedgerStep>,
  ): Promise<'committed' | 'fenced'>
  /** Books what other ids of this topic still had unread as expired: those records are gone. Returns how many. */
  bookGoneTopics(key: LedgerKey): Promise<number>
}

/**
 * Where the offsets between `from` and the first record went. The log's start must be read *after* the
 * records came: what lies below it was deleted before it was read, the rest never held a record.
 */
export function accountGap(
  from: number,
  first: number,
  logStart: number,
): { expired: number; absent: number } {
  const expired = Math.max(0, Math.min(first, logStart) - from)
  return { expired, absent: first - from - expired }
}
