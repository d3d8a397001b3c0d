import type { HoldReason } from './failure.ts'
import type { Counts, LedgerKey } from './ledger.ts'

/** How a partition stands on this instance, to look at at any time. */
export interface PartitionStatus {
  readonly partition: number
  state: 'resuming' | 'flowing' | 'held'
  reason: HoldReason | undefined
  detail: string
  topicId: string
  /** Everything before is durable. */
  nextOffset: number
  logEnd: number
  /** Timestamp of the last record that was settled, by whomever; undefined before the first. */
  settledTimestampMs: number | undefined
  /** When nothing was left to settle, as far as anybody looked; undefined while that was never so. */
  caughtUpAtMs: number | undefined
  /** When this instance got the partition. */
  readonly startedAtMs: number
}

/** What a partition's loop tells the outside, which logs and counts. */
export interface PartitionEvents {
  /** `retryInMs` is undefined when it goes on as soon as a circuit closes. */
  held(
    source: Omit<LedgerKey, 'topicId'>,
    reason: HoldReason,
    error: unknown,
    retryInMs: number | undefined,
  ): void
  flowing(source: LedgerKey, nextOffset: number): void
  fenced(source: LedgerKey, batch: { readonly from: number; readonly to: number }): void
  /** Records that nobody will ever read: an alarm. */
  expired(source: LedgerKey, count: number): void
  /** After each durable step; `records` is 0 when only offsets without a record were booked. */
  settled(source: LedgerKey, counts: Counts, records: number, takenToSettledMs: number): void
}

export function initialStatus(partition: number): PartitionStatus {
  return {
    partition,
    state: 'resuming',
    reason: undefined,
    detail: '',
    topicId: '',
    nextOffset: 0,
    logEnd: 0,
    settledTimestampMs: undefined,
    caughtUpAtMs: undefined,
    startedAtMs: Date.now(),
  }
}
