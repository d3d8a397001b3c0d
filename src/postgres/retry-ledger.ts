import type pg from 'pg'
import type { SourceCoordinates } from '../pipeline/headers.ts'
import type { LedgerKey } from '../pipeline/ledger.ts'
import type { RetryLedger, RetryRow, RetryStep, SettledAhead } from '../pipeline/retry-ledger.ts'
import { inTransaction, Rollback } from './database.ts'
import { fromMultirange, toMultirange } from './multirange.ts'
import { keyOf, postgresLedger, toLedgerRow, WHERE_KEY, type LedgerRowColumns } from './ledger.ts'

const READ_ROW = `
  select next_offset, version, written_by, last_leader_epoch, last_timestamp_ms, forwarded_ahead, dead_lettered_ahead
  from ledger ${WHERE_KEY}`
const LOCK_ROW = `select next_offset, version, written_by from ledger ${WHERE_KEY} for update`
const BOOK = `
  update ledger set
    next_offset = $4, seen_end = greatest(seen_end, $5), last_leader_epoch = $6, last_timestamp_ms = $7,
    written_by = $8, version = version + 1, updated_at = now(),
    forwarded_ahead = $9::int8multirange, dead_lettered_ahead = $10::int8multirange,
    forwarded = forwarded + $11, dead_lettered = dead_lettered + $12,
    expired = expired + $13, absent = absent + $14
  ${WHERE_KEY}`
const END_WAITING = `
  delete from retrying
  where (source_topic_id, source_partition, source_offset) in (
    select * from unnest($1::uuid[], $2::int4[], $3::int8[])
  )`

interface Row extends LedgerRowColumns {
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
    settle: (key, at, work) =>
      inTransaction<'committed' | 'fenced'>(pool, async (client) => {
        const { rows: locked } = await client.query<Pick<Row, 'version' | 'next_offset' | 'written_by'>>({
          name: 'lock-retries',
          text: LOCK_ROW,
          values: keyOf(key),
        })
        const [row] = locked
        const stands = Number(row?.version) === at.version && Number(row?.next_offset) === at.nextOffset
        if (!stands || row?.written_by !== at.writtenBy) return new Rollback('fenced')
        const step = await work()
        const values = [...keyOf(key), ...valuesOf(step, instanceId)]
        await client.query({ name: 'book-retries', text: BOOK, values })
        if (step.exhausted.length > 0) await client.query(END_WAITING, coordinates(step.exhausted))
        return 'committed'
      }),
    bookGoneTopics: (key) => rows.bookGoneTopics(key),
  }
}

function toRetryRow(row: Row): RetryRow {
  const ahead: SettledAhead = {
    forwarded: fromMultirange(row.forwarded_ahead),
    deadLettered: fromMultirange(row.dead_lettered_ahead),
  }
  return { ...toLedgerRow(row), ahead }
}

function valuesOf(step: RetryStep, instanceId: string): unknown[] {
  const { counts, fingerprint, ahead } = step
  return [
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
  ]
}

function coordinates(sources: readonly SourceCoordinates[]): unknown[] {
  return [
    sources.map(({ topicId }) => topicId),
    sources.map(({ partition }) => partition),
    sources.map(({ offset }) => offset),
  ]
}
