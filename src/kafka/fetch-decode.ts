import type { Consumer } from '@platformatic/kafka'
import type { Header, SourceRecord } from '../pipeline/record.ts'
import { toNumber } from './client.ts'

export type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>
type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]
type RecordsBatch = NonNullable<FetchedPartition['records']>[number]
type KafkaRecord = RecordsBatch['records'][number]

const LOG_APPEND_TIME = 1 << 3
const TRANSACTIONAL = 1 << 4
const CONTROL = 1 << 5
const ABORT_MARKER = 0
const NO_BYTES = Buffer.alloc(0)
/** Of the objects around a record or a header, roughly. */
const OBJECT_BYTES = 200

/**
 * The records of a fetched partition from `position` on, and the position behind them. Answers hold whole
 * batches, so older records come along; control batches and aborted transactions hold none of ours.
 */
export function decodePartition(
  topic: string,
  fetched: FetchedPartition,
  position: number,
): { records: SourceRecord[]; position: number } {
  const records: SourceRecord[] = []
  const aborted = abortedProducers(fetched)
  let next = position
  for (const batch of fetched.records ?? []) {
    const first = toNumber(batch.firstOffset)
    const end = first + batch.lastOffsetDelta + 1
    aborted.readTo(end - 1)
    if ((batch.attributes & CONTROL) !== 0) aborted.endTransaction(batch)
    else if (!aborted.covers(batch)) {
      for (const record of batch.records) {
        const offset = first + record.offsetDelta
        if (offset >= position)
          records.push(toSourceRecord(topic, fetched.partitionIndex, offset, batch, record))
      }
    }
    next = Math.max(next, end)
  }
  return { records, position: next }
}

/** Transactions that were aborted, by producer, in the order of the log; what they wrote was never acknowledged. */
function abortedProducers(fetched: FetchedPartition) {
  const upcoming = (fetched.abortedTransactions ?? []).toSorted((a, b) =>
    toNumber(a.firstOffset - b.firstOffset),
  )
  const open = new Set<bigint>()
  return {
    /** Also at a marker: a transaction that stayed in the list would swallow its producer's next one. */
    readTo: (offset: number): void => {
      while (upcoming[0] !== undefined && toNumber(upcoming[0].firstOffset) <= offset) {
        open.add(upcoming[0].producerId)
        upcoming.shift()
      }
    },
    covers: (batch: RecordsBatch): boolean =>
      (batch.attributes & TRANSACTIONAL) !== 0 && open.has(batch.producerId),
    endTransaction: (batch: RecordsBatch): void => {
      if (batch.records[0]?.key?.readInt16BE(2) === ABORT_MARKER) open.delete(batch.producerId)
    },
  }
}

function toSourceRecord(
  topic: string,
  partition: number,
  offset: number,
  batch: RecordsBatch,
  record: KafkaRecord,
): SourceRecord {
  const byBroker = (batch.attributes & LOG_APPEND_TIME) !== 0
  return {
    topic,
    partition,
    offset,
    timestampMs: byBroker ? Number(batch.maxTimestamp) : Number(batch.firstTimestamp + record.timestampDelta),
    leaderEpoch: batch.partitionLeaderEpoch,
    key: record.key,
    value: record.value,
    headers: headersOf(record),
    bytes: OBJECT_BYTES + record.length + OBJECT_BYTES * record.headers.length,
  }
}

const RETRY = Buffer.from('retry')
const NONE_YET = Buffer.from('0')
/** What a producer of orders writes, and nothing else. Nearly every record has it, so it is kept once. */
const FIRST_ATTEMPT: readonly Header[] = [[RETRY, NONE_YET]]

function headersOf({ headers }: KafkaRecord): readonly Header[] {
  if (headers.length === 1) {
    const [[name, value] = []] = headers
    if (name?.equals(RETRY) === true && value?.equals(NONE_YET) === true) return FIRST_ATTEMPT
  }
  return headers.map(([name, value]) => [name ?? NO_BYTES, value] as const)
}
