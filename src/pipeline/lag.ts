import type { PartitionStatus } from './partition-events.ts'

/** Records that wait to be settled; 0 before the first look at the ledger, when nothing is known. */
export function lagRecords({ topicId, logEnd, nextOffset }: PartitionStatus): number {
  return topicId === '' ? 0 : Math.max(0, logEnd - nextOffset)
}

/**
 * Age of the oldest record that is not settled, 0 when there is none. It was written after the last one that
 * was settled, and after the partition was last seen with nothing left, so the age is never told too small; it
 * may be too large by the time between two looks. Where neither is known, it is the time since this instance
 * has the partition.
 */
export function lagSeconds(status: PartitionStatus, nowMs: number): number {
  if (lagRecords(status) === 0) return 0
  const { settledTimestampMs = -Infinity, caughtUpAtMs = -Infinity, startedAtMs } = status
  const sinceMs = Math.max(settledTimestampMs, caughtUpAtMs)
  return Math.max(0, nowMs - (sinceMs === -Infinity ? startedAtMs : sinceMs)) / 1000
}

/** Where the partition stands by the books, and where its log ends. */
export function seeOffsets(
  status: PartitionStatus,
  seen: { readonly topicId: string; readonly nextOffset: number; readonly logEnd: number },
  nowMs: number,
): void {
  // An older database, or another topic: what was settled once is to be settled again.
  if (seen.topicId !== status.topicId || seen.nextOffset < status.nextOffset) status.caughtUpAtMs = undefined
  Object.assign(status, seen)
  if (seen.logEnd <= seen.nextOffset) status.caughtUpAtMs = nowMs
}
