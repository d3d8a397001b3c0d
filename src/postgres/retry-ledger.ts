import type pg from 'pg'
import type { LedgerKey } from '../pipeline/ledger.ts'
import type { RetryLedger, RetryRow, RetryStep, SettledAhead } from '../pipeline/retry-ledger.ts'
import { fromMultirange, toMultirange } from './multirange.ts'
import { postgresLedger } from './ledger.ts'

const WHERE_KEY = 'where consumer_group = $1 and topic_id = $2 and partition = $3'
const READ_ROW = `
  select next_offset, version, written_by, last_leader_epoch, last_timestamp_ms, forwarded_ahead, dead_lettered_ahead
  from ledger ${WHERE_KEY}`
/** One statement: whoever waits for the row meanwhile sees another version and is fenced. */
const BOOK = `
  with booked as (
    update ledger set
      next_offset = $6, seen_end = greatest(seen_end, $7), last_leader_epoch = $8, last_timestamp_ms = $9,
      written_by = $10, version = version + 1, updated_at = now(),
      forwarded_ahead = $11::int8multirange, dead_lettered_ahead = $12::int8multirange,
      forwarded = forwarded + $13, dead_lettered = dead_lettered + $14,
      expired = expired + $15, absent = absent + $16
    ${WHERE_KEY} and version = $4 and next_offset = $5
    returning version
  ), ended as (
    delete from retrying
    using unnest($17::uuid[], $18::int4[], $19::int8[]) as source (topic_id, partition, "offset")
    where retrying.source_topic_id = source.topic_id and retrying.source_partition = source.partition
      and retrying.source_offset = source."offset" and exists (select from booked)
  )
  select version from booked`

interface Row {
  next_offset: string
  version: string
  written_by: string
  last_leader_epoch: number | null
  last_timestamp_ms: string | null
  forwarded_ahead: string
  dead_lettered_ahead: string
}

/** The retry role's ledger in PostgreSQL. */
export function postgresRetryLedger(pool: pg.Pool, instanceId: string): RetryLedger {
  const rows = postgresLedger(pool, instanceId, () => undefined)
  const read = async (key: LedgerKey): Promise<RetryRow | undefined> => {
    const found = await pool.query<Row>(READ_ROW, keyOf(key))
    return found.rows[0] && toRetryRow(found.rows[0])
  }
  return {
    open: async (key, log) => {
      await rows.open(key, log)
      const row = await read(key)
      if (row === undefined)
        throw new Error(`the ledger row of ${key.topic}-${key.partition} vanished while it was opened`)
      return row
    },
    read,
    book: async (key, step) => {
      const { rowCount } = await pool.query({
        name: 'book-retries',
        text: BOOK,
        values: [...keyOf(key), ...valuesOf(step, instanceId)],
      })
      return rowCount === 1 ? 'committed' : 'fenced'
    },
    bookGoneTopics: (key) => rows.bookGoneTopics(key),
  }
}

function keyOf({ consumerGroup, topicId, partition }: LedgerKey): unknown[] {
  return [consumerGroup, topicId, partition]
}

function toRetryRow(row: Row): RetryRow {
  const { last_leader_epoch: leaderEpoch, last_timestamp_ms: timestampMs } = row
  const ahead: SettledAhead = {
    forwarded: fromMultirange(row.forwarded_ahead),
    deadLettered: fromMultirange(row.dead_lettered_ahead),
  }
  return {
    nextOffset: Number(row.next_offset),
    version: Number(row.version),
    writtenBy: row.written_by,
    fingerprint:
      leaderEpoch === null || timestampMs === null
        ? undefined
        : { leaderEpoch, timestampMs: Number(timestampMs) },
    ahead,
  }
}

function valuesOf(step: RetryStep, instanceId: string): unknown[] {
  const { counts, fingerprint, ahead, exhausted } = step
  return [
    step.version,
    step.from,
    step.to,
    step.logEnd,
    fingerprint?.leaderEpoch ?? null,
    fingerprint?.timestampMs ?? null,
    instanceId,
    toMultirange(ahead.forwarded),
    toMultirange(ahead.deadLettered),
    counts.forwarded ?? 0,
    counts.dead_lettered ?? 0,
    counts.expired ?? 0,
    counts.absent ?? 0,
    exhausted.map(({ topicId }) => topicId),
    exhausted.map(({ partition }) => partition),
    exhausted.map(({ offset }) => offset),
  ]
}
