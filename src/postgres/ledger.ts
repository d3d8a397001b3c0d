import type pg from 'pg'
import type { Ledger, LedgerKey, LedgerRow, LedgerStep } from '../pipeline/ledger.ts'
import { inTransaction, Rollback } from './database.ts'
import { COUNTED } from './ledger-columns.ts'

/** A row that was written a moment ago is alive, whatever an old view of the topic says. */
const GONE_AFTER_SECONDS = 15

const LOCK_NOT_AVAILABLE = '55P03'
const UNIQUE_VIOLATION = '23505'

export const WHERE_KEY = 'where consumer_group = $1 and topic_id = $2 and partition = $3'
const COLUMNS = 'next_offset, version, written_by, last_leader_epoch, last_timestamp_ms'

const CREATE_ROW = `
  insert into ledger (consumer_group, topic_id, partition, topic, origin, next_offset, seen_end, written_by)
  values ($1, $2, $3, $4, $5, $5, $6, $7)
  on conflict do nothing`
const SEE_END = `
  update ledger set seen_end = greatest(seen_end, $4) ${WHERE_KEY}
  returning ${COLUMNS}`
/**
 * While the server waits for the rest of a `copy`, none of its time-outs fires, so an instance that was frozen
 * in one would keep its row for ever. A transaction that locked a row stands in its xmax.
 */
const END_FROZEN_COPY = `
  select pg_terminate_backend(holder.pid)
  from ledger join pg_stat_activity holder on holder.backend_xid = ledger.xmax
  ${WHERE_KEY} and holder.state = 'active' and holder.wait_event = 'ClientRead'
    and holder.state_change < now() - interval '5 seconds'`
const READ_ROW = `select ${COLUMNS} from ledger ${WHERE_KEY}`
const LOCK_ROW = `select next_offset from ledger ${WHERE_KEY} for update`
const ADVANCE = `
  update ledger set
    next_offset = $4, seen_end = $5, last_leader_epoch = $6, last_timestamp_ms = $7, written_by = $8,
    version = version + 1, updated_at = now(),
    ${COUNTED.map((column, index) => `${column} = ${column} + $${index + 9}`).join(', ')}
  ${WHERE_KEY}`
/** What retries settled ahead of their position is no loss. */
const aheadIn = (column: string): string =>
  `(select coalesce(sum(upper(r) - lower(r)), 0)::bigint
    from unnest(${column} * int8multirange(int8range(next_offset, seen_end))) r)`
const BOOK_GONE = `
  with gone as (
    select consumer_group, topic_id, partition, seen_end - next_offset as unread,
      ${aheadIn('forwarded_ahead')} as forwarded, ${aheadIn('dead_lettered_ahead')} as dead_lettered
    from ledger
    where consumer_group = $1 and topic = $2 and topic_id <> $3 and seen_end > next_offset
      and updated_at < now() - make_interval(secs => ${GONE_AFTER_SECONDS})
    for update
  )
  update ledger set
    expired = expired + gone.unread - gone.forwarded - gone.dead_lettered,
    forwarded = ledger.forwarded + gone.forwarded,
    dead_lettered = ledger.dead_lettered + gone.dead_lettered,
    forwarded_ahead = '{}', dead_lettered_ahead = '{}',
    next_offset = next_offset + gone.unread,
    version = version + 1, written_by = '', updated_at = now()
  from gone
  where ledger.consumer_group = gone.consumer_group and ledger.topic_id = gone.topic_id
    and ledger.partition = gone.partition
  returning gone.unread - gone.forwarded - gone.dead_lettered as unread`

/** As the driver gives it: bigint as text. */
export interface LedgerRowColumns {
  next_offset: string
  version: string
  written_by: string
  last_leader_epoch: number | null
  last_timestamp_ms: string | null
}

export function keyOf({ consumerGroup, topicId, partition }: LedgerKey): unknown[] {
  return [consumerGroup, topicId, partition]
}

export function toLedgerRow(row: LedgerRowColumns): LedgerRow {
  const { last_leader_epoch: leaderEpoch, last_timestamp_ms: timestampMs } = row
  return {
    nextOffset: Number(row.next_offset),
    version: Number(row.version),
    writtenBy: row.written_by,
    fingerprint:
      leaderEpoch === null || timestampMs === null
        ? undefined
        : { leaderEpoch, timestampMs: Number(timestampMs) },
  }
}

/** When a batch fails like this once more, the way of storing that stands every race has failed. */
const MOST_VIOLATIONS = 2

/**
 * The ledger in PostgreSQL; `bind` gives a role its own statements on the connection of a batch's transaction,
 * and is told how often the batch has failed by a unique violation, after which it is settled once more.
 */
export function postgresLedger<Transaction>(
  pool: pg.Pool,
  instanceId: string,
  bind: (client: pg.PoolClient, violations: number) => Transaction,
): Ledger<Transaction> {
  return {
    open: async (key, log) => {
      await pool.query(CREATE_ROW, [...keyOf(key), key.topic, log.start, log.end, instanceId])
      // An update waits for whoever holds the row, as a plain read would not.
      const { rows } = await pool
        .query<LedgerRowColumns>(SEE_END, [...keyOf(key), log.end])
        .catch(async (error: unknown) => {
          if (hasCode(error, LOCK_NOT_AVAILABLE)) await pool.query(END_FROZEN_COPY, keyOf(key))
          throw error
        })
      if (rows[0] === undefined)
        throw new Error(`the ledger row of ${key.topic}-${key.partition} vanished while it was opened`)
      return toLedgerRow(rows[0])
    },
    read: async (key) => {
      const { rows } = await pool.query<LedgerRowColumns>(READ_ROW, keyOf(key))
      return rows[0] && toLedgerRow(rows[0])
    },
    settle: async (key, from, work) => {
      const settleOnce = (violations: number): Promise<'committed' | 'fenced'> =>
        inTransaction<'committed' | 'fenced'>(pool, async (client) => {
          const { rows } = await client.query<{ next_offset: string }>({
            name: 'lock-ledger',
            text: LOCK_ROW,
            values: keyOf(key),
          })
          if (rows[0] === undefined || Number(rows[0].next_offset) !== from) return new Rollback('fenced')
          await advance(client, key, await work(bind(client, violations)), instanceId)
          return 'committed'
        })
      for (let violations = 0; ; violations++) {
        try {
          return await settleOnce(violations)
        } catch (error) {
          // Rolled back for certain: the server answered.
          if (violations === MOST_VIOLATIONS || !hasCode(error, UNIQUE_VIOLATION)) throw error
        }
      }
    },
    bookGoneTopics: async (key) => {
      const { rows } = await pool.query<{ unread: string }>(BOOK_GONE, [
        key.consumerGroup,
        key.topic,
        key.topicId,
      ])
      return rows.reduce((sum, { unread }) => sum + Number(unread), 0)
    },
  }
}

async function advance(
  client: pg.PoolClient,
  key: LedgerKey,
  step: LedgerStep,
  instanceId: string,
): Promise<void> {
  const { to, logEnd, fingerprint, counts } = step
  const values = [
    ...keyOf(key),
    to,
    logEnd,
    fingerprint?.leaderEpoch ?? null,
    fingerprint?.timestampMs ?? null,
    instanceId,
    ...COUNTED.map((column) => counts[column] ?? 0),
  ]
  await client.query({ name: 'advance-ledger', text: ADVANCE, values })
}

function hasCode(error: unknown, sqlState: string): boolean {
  return error instanceof Error && 'code' in error && error.code === sqlState
}
