import type { BatchLimits } from './batch.ts'
import type { Log, PartitionReader } from './log.ts'
import type { SourceRecord } from './record.ts'
import { endScan, mayScan, scanOn } from './retry-scan.ts'
import { settleGap, type RetrySession } from './retry-session.ts'
import { rangeOf, unreadable } from './session.ts'
import type { WaitingRecords } from './waiting-records.ts'

/** What reading the retry topic needs besides the session. */
export interface RetryReading {
  readonly log: Log
  readonly waiting: WaitingRecords
  /** By the monotonic clock: when a record that just came is due. */
  readonly dueMs: (record: SourceRecord) => number
  readonly nowMs: () => number
  /** Told of each reader that takes the place of the one before. */
  readonly opened: (reader: PartitionReader) => void
}

/** Whether the reader went back for records that did not fit into memory. */
function isReadingAgain({ reader, readTo }: RetrySession): boolean {
  return reader.nextRecord < readTo
}

/** Whether more can be read than was; else there is only time to wait for. */
export function isReading(session: RetrySession, reading: RetryReading): boolean {
  const { waiting, nowMs } = reading
  if (waiting.isOverfull(nowMs())) return false
  return isReadingAgain(session) || waiting.room > 0 || mayScan(session, reading)
}

/**
 * Takes what has come, into what waits. False when the ledger has to be read again. While the most records
 * wait that may, only what is due is taken of those behind.
 */
export async function readWhatCame(
  session: RetrySession,
  reading: RetryReading,
  limits: BatchLimits,
): Promise<boolean> {
  const { waiting, log } = reading
  endScan(session, reading)
  const { reader } = session
  const room = isReadingAgain(session) ? limits.maxRecords : Math.min(limits.maxRecords, waiting.room)
  if (reader.ended !== undefined) return endOf(session, reading)
  if (waiting.isOverfull(reading.nowMs())) return true
  if (room === 0 || session.scan !== undefined) return scanOn(session, reading, limits)
  const records = reader.take(room, limits.maxBytes)
  for (const record of records) {
    if (record.leaderEpoch > session.leaderEpoch) return false
    if (!(await settleLost(session, reading, Math.min(record.offset, session.readTo)))) return false
    if (record.offset < session.readTo) {
      waiting.supply(record)
      session.readAgainTo = Math.max(session.readAgainTo, record.offset + 1)
      continue
    }
    if (!(await settleGap(log, session, [{ from: session.readTo, to: record.offset }]))) return false
    session.readTo = record.offset + 1
    session.readAgainTo = session.readTo
    if (!session.settled.has(record.offset)) waiting.add(record, reading.dueMs(record), reading.nowMs())
  }
  return settleLost(session, reading, Math.min(reader.nextRecord, session.readTo))
}

/** Sends the reader back for what is due but did not fit, and forward again when it has all of it. */
export function goWhereRecordsAreMissing(session: RetrySession, reading: RetryReading): void {
  const { waiting } = reading
  const again = isReadingAgain(session)
  if (again && waiting.lowestLate(session.readAgainTo) !== undefined) return
  const late = waiting.lowestLate(0)
  if (late !== undefined) readFrom(session, reading, late)
  else if (again) readFrom(session, reading, session.readTo)
}

/** False when the log is another one, or was cut. Settles the offsets at its end that hold no record. */
export async function isLogStillThere(log: Log, session: RetrySession): Promise<boolean> {
  const { key, reader, readTo } = session
  const range = await rangeOf(log, key)
  if (range === undefined || range.end < readTo || range.leaderEpoch > session.leaderEpoch) return false
  // What ended a reader is for the next reading to answer; its position may lie behind what it dropped.
  const to = reader.ended === undefined && session.scan === undefined ? reader.nextRecord : readTo
  if (to <= readTo) return true
  if (!(await settleGap(log, session, [{ from: readTo, to }]))) return false
  session.readTo = to
  session.readAgainTo = to
  return true
}

/** What was to be read again and did not come below `to` is not there any more. */
async function settleLost(session: RetrySession, reading: RetryReading, to: number): Promise<boolean> {
  const { waiting, log } = reading
  if (to <= session.readAgainTo) return true
  const lost = waiting.notHeldIn(session.readAgainTo, to)
  session.readAgainTo = to
  if (lost.length === 0) return true
  waiting.forget(lost)
  return settleGap(
    log,
    session,
    lost.map((offset) => ({ from: offset, to: offset + 1 })),
  )
}

/** Retention may overtake the reader without harm: what is in memory still goes its way. */
async function endOf(session: RetrySession, reading: RetryReading): Promise<boolean> {
  const { reader, key } = session
  if (reader.ended === 'unreadable') throw unreadable(session)
  if (reader.ended !== 'out_of_range') return false
  const range = await rangeOf(reading.log, key)
  if (range === undefined || range.end < session.readTo) return false
  // A look beyond left records behind it, which begin at `readTo`.
  const to = Math.max(session.scan === undefined ? reader.position : session.readTo, range.start)
  if (!(await settleLost(session, reading, Math.min(to, session.readTo)))) return false
  readFrom(session, reading, to)
  return true
}

export function readFrom(session: RetrySession, reading: RetryReading, offset: number): void {
  session.scan = undefined
  session.reader.close()
  session.reader = reading.log.open({ ...session.key, offset })
  session.readAgainTo = Math.min(offset, session.readTo)
  reading.opened(session.reader)
}
