import { setImmediate } from 'node:timers/promises'
import type { Fingerprint } from './ledger.ts'
import type { PartitionReader } from './log.ts'
import type { SourceRecord } from './record.ts'

export interface BatchLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** How long the first record of a batch waits for company. */
  readonly lingerMs: number
}

/** Consecutive records of one partition, each of them prepared. */
export interface Batch<Prepared> {
  /** Offset that the books must stand at: where the batch before this one ended. */
  readonly from: number
  readonly first: number
  /** One above the last record's offset. */
  readonly to: number
  readonly items: readonly Prepared[]
  readonly fingerprint: Fingerprint
  readonly firstTakenAtMs: number
}

/** How the filling of a batch ended. Everything but `batch` leaves nothing behind. */
export type Filled<Prepared> =
  | { readonly type: 'batch'; readonly batch: Batch<Prepared> }
  | { readonly type: 'idle' }
  | { readonly type: 'reader_ended' }
  | { readonly type: 'log_cut' }
  | { readonly type: 'new_leader' }

/** Where reading stands; moves on with each batch that is cut. */
export interface ReadingPosition {
  /** First offset that is not in a batch yet. */
  next: number
  /** The record before `next` as the books know it, until it has been compared with the log. */
  unverified: Fingerprint | undefined
  /** A record of a later epoch means that leadership moved, and the log may have been cut. */
  leaderEpoch: number
}

/** Records are prepared in slices, so that a large batch does not keep the process from anything else. */
const SLICE_RECORDS = 200

/**
 * Fills the next batch: up to the limits, or until the linger time has passed and the writer is free.
 * While the batch before is still being written, waiting costs nothing, so the batch goes on growing.
 */
export async function fillBatch<Prepared>(
  reader: PartitionReader,
  position: ReadingPosition,
  limits: BatchLimits,
  prepare: (record: SourceRecord) => Prepared,
  writer: { readonly busy: Promise<unknown> | undefined; readonly outcome: string },
  idleAfterMs: number,
): Promise<Filled<Prepared>> {
  const items: Prepared[] = []
  const startedAtMs = Date.now()
  let bytes = 0
  let first = -1
  let last: SourceRecord | undefined
  let firstTakenAtMs = 0
  for (;;) {
    if (writer.outcome === 'failed' || writer.outcome === 'fenced') return { type: 'reader_ended' }
    // Unless its owner closed it, what came before the end is good, and may be all that ever comes.
    if (reader.ended === 'closed' || (reader.ended !== undefined && last === undefined))
      return { type: 'reader_ended' }
    const wasUnverified = position.unverified !== undefined
    const room = Math.min(SLICE_RECORDS, limits.maxRecords - items.length)
    const records = reader.take(room, limits.maxBytes - bytes)
    for (const record of records) {
      const verdict = accept(record, position)
      if (verdict === 'old') continue
      if (verdict !== 'new') return { type: verdict }
      if (last === undefined) {
        first = record.offset
        firstTakenAtMs = Date.now()
      }
      last = record
      bytes += record.bytes
      items.push(prepare(record))
    }
    const now = Date.now()
    const full = reader.ended !== undefined || items.length >= limits.maxRecords || bytes >= limits.maxBytes
    const ripe = last !== undefined && writer.busy === undefined && now - firstTakenAtMs >= limits.lingerMs
    if (last !== undefined && (full || ripe)) {
      const batch = {
        from: position.next,
        first,
        to: last.offset + 1,
        items,
        fingerprint: fingerprintOf(last),
        firstTakenAtMs,
      }
      position.next = batch.to
      return { type: 'batch', batch }
    }
    // The log has just proved to be the one that was read: worth a look at the ledger before the time.
    const verified = wasUnverified && position.unverified === undefined
    if (last === undefined && (verified || now - startedAtMs >= idleAfterMs)) return { type: 'idle' }
    if (records.length > 0) await setImmediate()
    else
      await nextEvent(
        reader,
        writer.busy,
        waitMs(last !== undefined, now, firstTakenAtMs, startedAtMs, limits.lingerMs, idleAfterMs),
      )
  }
}

function waitMs(
  some: boolean,
  now: number,
  firstTakenAtMs: number,
  startedAtMs: number,
  lingerMs: number,
  idleAfterMs: number,
): number {
  const deadline = some ? Math.max(firstTakenAtMs + lingerMs, now + 1) : startedAtMs + idleAfterMs
  return Math.max(1, deadline - now)
}

async function nextEvent(
  reader: PartitionReader,
  busy: Promise<unknown> | undefined,
  timeoutMs: number,
): Promise<void> {
  if (busy === undefined) await reader.readable(timeoutMs)
  else await Promise.race([reader.readable(timeoutMs), busy])
}

/** Fetch answers hold whole batches, so records before the position come along; one of them is the fingerprint's. */
export function accept(
  record: SourceRecord,
  position: ReadingPosition,
): 'new' | 'old' | 'log_cut' | 'new_leader' {
  if (record.leaderEpoch > position.leaderEpoch) return 'new_leader'
  const { unverified } = position
  if (unverified !== undefined && record.offset >= position.next - 1) {
    position.unverified = undefined
    const same =
      record.leaderEpoch === unverified.leaderEpoch && record.timestampMs === unverified.timestampMs
    if (record.offset === position.next - 1 && !same) return 'log_cut'
  }
  return record.offset < position.next ? 'old' : 'new'
}

export function fingerprintOf(record: SourceRecord): Fingerprint {
  return { leaderEpoch: record.leaderEpoch, timestampMs: record.timestampMs }
}
