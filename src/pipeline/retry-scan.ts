import type { BatchLimits } from './batch.ts'
import { readFrom, type RetryReading } from './retry-reading.ts'
import type { RetrySession } from './retry-session.ts'

/** A look beyond what may wait: what is due there goes its way, all else is left for when there is room. */
export interface Scan {
  readonly startedAtMs: number
  /** Of what was left, when the first one will be due; Infinity when nothing was. */
  dueMs: number
}

/** What was left is looked through again only so often, however much of it becomes due. */
const AGAIN_AFTER_MS = 2_000
/** So much of the room has to be free before it is worth going back to what was left. */
const ROOM_SHARE = 0.1
/** The books remember at most so many stretches, in terms of the records that may wait. */
const MAX_STRETCHES = 2

/** Whether there is anything to read at the moment; else only time makes a difference. */
export function mayScan({ settled }: RetrySession, { waiting }: Pick<RetryReading, 'waiting'>): boolean {
  return settled.stretches < MAX_STRETCHES * waiting.capacity
}

/** Ends a look beyond when there is room again, or something that was left is due by now. */
export function endScan(session: RetrySession, reading: RetryReading): void {
  const { scan } = session
  if (scan === undefined) return
  const { waiting } = reading
  const nowMs = reading.nowMs()
  const isDue = scan.dueMs <= nowMs && nowMs - scan.startedAtMs >= AGAIN_AFTER_MS
  if (isDue || waiting.room >= Math.max(1, waiting.capacity * ROOM_SHARE))
    readFrom(session, reading, session.readTo)
}

/**
 * As many wait as may, so the reader goes on without `readTo`: nothing that it leaves is looked at, and no gap
 * is settled. False when the ledger has to be read again.
 */
export function scanOn(session: RetrySession, reading: RetryReading, limits: BatchLimits): boolean {
  if (!mayScan(session, reading)) return true
  const { reader, settled } = session
  const scan = (session.scan ??= { startedAtMs: reading.nowMs(), dueMs: Infinity })
  for (const record of reader.take(limits.maxRecords, limits.maxBytes)) {
    if (record.leaderEpoch > session.leaderEpoch) return false
    if (record.offset < session.readTo || settled.has(record.offset)) continue
    const dueMs = reading.dueMs(record)
    const nowMs = reading.nowMs()
    if (dueMs <= nowMs) reading.waiting.addBeyond(record, dueMs, nowMs)
    else scan.dueMs = Math.min(scan.dueMs, dueMs)
  }
  return true
}
