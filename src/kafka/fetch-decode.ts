import type { UnreadableBatch } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { FetchedPartition } from './fetch-request.ts'
import {
  batchesIn,
  damageOf,
  readRecords,
  type AnswerRoom,
  type Batch,
  type BatchRecord,
} from './record-batch.ts'

/** Of the objects around a record or a header, roughly. */
const OBJECT_BYTES = 200
const ABORT_MARKER = 0
/** Kafka's own "no timestamp", and the last instant that a Date can be. */
const NO_TIMESTAMP = -1
const LAST_INSTANT_MS = 8_640_000_000_000_000

export interface Decoded {
  readonly records: readonly SourceRecord[]
  /** Behind the last batch that was gone through. */
  readonly position: number
  /** What stopped it there; undefined at the answer's end, or when the rest does not fit into it. */
  readonly unreadable: UnreadableBatch | undefined
}

/**
 * The records of a fetched partition from `position` on, up to the first batch that can't be decoded. Answers
 * hold whole batches, so older records come along; control batches and aborted transactions hold none of ours.
 */
export function decodePartition(
  topic: string,
  fetched: FetchedPartition,
  position: number,
  room: AnswerRoom,
): Decoded {
  const records: SourceRecord[] = []
  const aborted = abortedProducers(fetched)
  const batches = batchesIn(fetched.batches)
  if (batches.length === 0 && fetched.isFirst)
    return { records, position, unreadable: { first: position, to: undefined, why: 'its length is wrong' } }
  let next = position
  for (const [index, batch] of batches.entries()) {
    const around = { previous: batches[index - 1], following: batches[index + 1], position, fetched }
    const bound = Math.max(around.following?.first ?? fetched.highWatermark, next + 1)
    const unreadable = (why: string, first = batch.first, to = endOf(batch, bound)): Decoded => ({
      records,
      position: next,
      unreadable: { first, to, why },
    })
    if (isMisplaced(batch, around)) return unreadable('its offsets contradict those around it', next, bound)
    const damage = damageOf(batch)
    if (damage !== undefined) return unreadable(damage)
    aborted.readTo(batch.end - 1)
    if (batch.isControl || !aborted.covers(batch)) {
      const read = readRecords(batch, room)
      if (read.type === 'unreadable') return unreadable(read.why)
      if (read.type === 'later') return { records, position: next, unreadable: undefined }
      if (batch.isControl) aborted.endTransaction(batch, read.records)
      else addRecords(records, topic, fetched.partition, batch, read.records, position)
    }
    next = Math.max(next, batch.end)
  }
  return { records, position: next, unreadable: undefined }
}

/** What is known of the place of a batch besides what it says itself. */
interface Surroundings {
  readonly previous: Batch | undefined
  readonly following: Batch | undefined
  readonly position: number
  readonly fetched: FetchedPartition
}

/**
 * The first offset of a batch is not covered by its checksum. One that lies elsewhere would make the books pass
 * over what it hides, so it has to fit between its neighbours. Of two that contradict each other, the one that
 * goes on where the one before ended is right.
 */
function isMisplaced(batch: Batch, { previous, following, position, fetched }: Surroundings): boolean {
  if (batch.first < (previous?.end ?? 0)) return true
  if (batch.end <= position) return true
  const goesOn = previous === undefined ? batch.first <= position : batch.first === previous.end
  return !goesOn && batch.end > (following?.first ?? fetched.highWatermark)
}

/** A damaged batch may lie about its end; the one behind it, or the end of the log, can't be below it. */
function endOf({ first, end }: Batch, bound: number): number {
  return end > first && end <= bound ? end : bound
}

function addRecords(
  records: SourceRecord[],
  topic: string,
  partition: number,
  batch: Batch,
  found: readonly BatchRecord[],
  position: number,
): void {
  for (const { offsetDelta, timestampDeltaMs, key, value, headers, length } of found) {
    const offset = batch.first + offsetDelta
    if (offset < position) continue
    records.push({
      topic,
      partition,
      offset,
      timestampMs: instantOf(
        batch.stampedByBroker ? batch.maxTimestampMs : batch.firstTimestampMs + timestampDeltaMs,
      ),
      leaderEpoch: batch.leaderEpoch,
      key,
      value,
      headers,
      bytes: OBJECT_BYTES + length + OBJECT_BYTES * headers.length,
    })
  }
}

/** A timestamp is the producer's word, and may be any 64 bits; books and dates can't hold all of them. */
function instantOf(ms: number): number {
  return Math.min(Math.max(ms, NO_TIMESTAMP), LAST_INSTANT_MS)
}

/** Transactions that were aborted, by producer, in the order of the log; what they wrote was never acknowledged. */
function abortedProducers({ aborted }: FetchedPartition) {
  const upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  return {
    /** Also at a marker: a transaction that stayed in the list would swallow its producer's next one. */
    readTo: (offset: number): void => {
      while (upcoming[0] !== undefined && upcoming[0].firstOffset <= offset) {
        open.add(upcoming[0].producerId)
        upcoming.shift()
      }
    },
    covers: (batch: Batch): boolean => batch.isTransactional && open.has(batch.producerId),
    endTransaction: (batch: Batch, [marker]: readonly BatchRecord[]): void => {
      if (marker?.key?.readInt16BE(2) === ABORT_MARKER) open.delete(batch.producerId)
    },
  }
}
