import { accept, fingerprintOf } from './batch.ts'
import { accountGap, NO_RECORD, type Counts, type Fingerprint, type LedgerKey } from './ledger.ts'
import type { Log, PartitionReader } from './log.ts'
import type { DueRecord } from './retry-records.ts'
import type { Scan } from './retry-scan.ts'
import { settledEnd, type RetryLedger, type RetryRow, type SettledAhead } from './retry-ledger.ts'
import { ended, openSession, rangeOf, type Session } from './session.ts'
import { SettledOffsets, type OffsetRange } from './settled-offsets.ts'

/** One stretch of reading the retry topic, from a look at the ledger until the next one. */
export interface RetrySession {
  readonly key: LedgerKey
  readonly leaderEpoch: number
  reader: PartitionReader
  /** Where the books stand: everything before is durable. */
  nextOffset: number
  version: number
  writtenBy: string
  /** Settled at or above `nextOffset`, booked or not. */
  readonly settled: SettledOffsets
  /** Every offset below was looked at: it is settled, or it waits. */
  readTo: number
  /** While some are read again: every offset below was looked for again. */
  readAgainTo: number
  /** Set while the reader is beyond `readTo`, which it left for want of room. */
  scan: Scan | undefined
  /** The last record that was settled, of the highest offset. */
  last: { readonly offset: number; readonly fingerprint: Fingerprint | undefined }
  /** Settled since the last step of the books. */
  unbooked: Counts
  readonly logEnd: number
}

export interface RetryOpening {
  readonly session: RetrySession
  readonly row: RetryRow
}

/**
 * Opens a session where the ledger stands. The fingerprint is that of the last record settled, however far
 * ahead it lies: a log that was cut anywhere below would have another one there, and what is ahead would hide
 * new records. So that one record is read and compared before anything else is believed.
 *
 * Returns undefined when the log ended the comparison, and the ledger has to be read again. Throws
 * `HoldPartition` when the topic is missing or its log was cut.
 */
export async function openRetrySession(
  log: Log,
  ledger: RetryLedger,
  at: Omit<LedgerKey, 'topicId'>,
  opened: (reader: PartitionReader) => void,
  patienceMs: number,
): Promise<RetryOpening | undefined> {
  let row: RetryRow | undefined
  // As if the books stood behind the last settled record, which is where the comparison has to be made.
  const books = {
    open: async (...asked: Parameters<RetryLedger['open']>) => {
      row = believable(await ledger.open(...asked))
      return { ...row, nextOffset: settledEnd(row.nextOffset, row.ahead) }
    },
  }
  const { session: probe, range } = await openSession(log, books, at)
  opened(probe.reader)
  if (row === undefined || !(await isSameLog(probe, patienceMs))) {
    probe.reader.close()
    return undefined
  }
  const { key, position } = probe
  let { reader } = probe
  if (settledEnd(row.nextOffset, row.ahead) > row.nextOffset) {
    reader.close()
    reader = log.open({ ...key, offset: Math.max(row.nextOffset, range.start) })
    opened(reader)
  }
  return { session: sessionAt(key, position.leaderEpoch, reader, row, range.end), row }
}

/**
 * An operator who moved the position took the fingerprint away, and with it goes what is ahead: it may be of
 * a log that was cut. Those records are sent again, which is harmless.
 */
function believable(row: RetryRow): RetryRow {
  return row.fingerprint === undefined ? { ...row, ahead: { forwarded: [], deadLettered: [] } } : row
}

async function isSameLog(probe: Session, patienceMs: number): Promise<boolean> {
  const { reader, position } = probe
  while (position.unverified !== undefined && reader.nextRecord < position.next) {
    const before = reader.position
    await reader.readable(patienceMs)
    if (reader.nextRecord >= position.next) break
    const records = reader.take(1, 1)
    for (const record of records) {
      const verdict = accept(record, position)
      if (verdict === 'log_cut') ended({ type: verdict }, probe)
      if (verdict === 'new_leader') return false
    }
    if (reader.ended !== undefined) ended({ type: 'reader_ended' }, probe)
    if (reader.ended !== undefined || (records.length === 0 && reader.position === before)) return false
  }
  return true
}

function sessionAt(
  key: LedgerKey,
  leaderEpoch: number,
  reader: PartitionReader,
  row: RetryRow,
  logEnd: number,
): RetrySession {
  const { nextOffset, version, writtenBy, ahead, fingerprint } = row
  const settled = new SettledOffsets()
  for (const range of ahead.forwarded) settled.add(range, 'forwarded')
  for (const range of ahead.deadLettered) settled.add(range, 'dead_lettered')
  settled.dropBelow(nextOffset)
  return {
    key,
    leaderEpoch,
    reader,
    nextOffset,
    version,
    writtenBy,
    settled,
    readTo: nextOffset,
    readAgainTo: nextOffset,
    scan: undefined,
    last: { offset: settledEnd(nextOffset, ahead) - 1, fingerprint },
    unbooked: {},
    logEnd,
  }
}

/** What is settled ahead of `to`, and the fingerprint that goes with it. */
export function booksAhead(
  { settled, last }: Pick<RetrySession, 'settled' | 'last'>,
  to: number,
): { readonly ahead: SettledAhead; readonly fingerprint: Fingerprint | undefined } {
  const ahead = {
    forwarded: settled.rangesOf('forwarded', to),
    deadLettered: settled.rangesOf('dead_lettered', to),
  }
  const end = settledEnd(to, ahead)
  return { ahead, fingerprint: end - 1 === last.offset ? last.fingerprint : NO_RECORD }
}

/** Whether the row is as this session knows it. */
export function standsAs(
  { version, nextOffset, writtenBy }: RetrySession,
  row: RetryRow | undefined,
): boolean {
  return row?.version === version && row.nextOffset === nextOffset && row.writtenBy === writtenBy
}

/** This record was sent; the books do not know yet. False when they do. */
export function settleRecord(
  session: RetrySession,
  { record, as }: Pick<DueRecord, 'record' | 'as'>,
): boolean {
  const { offset } = record
  if (offset < session.nextOffset || session.settled.add({ from: offset, to: offset + 1 }, as) === 0)
    return false
  session.unbooked[as] = (session.unbooked[as] ?? 0) + 1
  if (offset > session.last.offset) session.last = { offset, fingerprint: fingerprintOf(record) }
  return true
}

/**
 * Settles what is not there. The log's start is read now, after what lies behind came: below it records were
 * deleted, the others never were. False when the topic is another one by now.
 */
export async function settleGap(
  log: Pick<Log, 'topic' | 'range'>,
  session: RetrySession,
  gap: readonly OffsetRange[],
): Promise<boolean> {
  const { settled, unbooked, key } = session
  const open = gap.flatMap((range) => settled.open(range))
  if (open.length === 0) return true
  const range = await rangeOf(log, key)
  if (range === undefined) return false
  for (const { from, to } of open) {
    const { expired } = accountGap(from, to, range.start)
    unbooked.expired = (unbooked.expired ?? 0) + settled.add({ from, to: from + expired }, 'expired')
    unbooked.absent = (unbooked.absent ?? 0) + settled.add({ from: from + expired, to }, 'absent')
  }
  return true
}
