import type { Counts, LedgerColumn, LedgerKey } from '../pipeline/ledger.ts'
import type { OffsetRange } from '../pipeline/settled-offsets.ts'
import { inTransaction, openPool, Rollback } from './database.ts'
import { COUNTED, countsOf } from './ledger-columns.ts'
import { fromMultirange } from './multirange.ts'

/** A row of the ledger as an operator's command finds it. */
interface LockedRow {
  readonly origin: number
  readonly nextOffset: number
  readonly counts: Readonly<Record<LedgerColumn, number>>
  /** Offsets above `nextOffset` that the retry role settled already; they count when the books pass them. */
  readonly ahead: Readonly<Record<'forwarded' | 'dead_lettered', readonly OffsetRange[]>>
}

/** Why the books were changed by hand, and by whom. */
export interface Reason {
  readonly actor: string
  readonly action: string
  readonly reason: string
}

type Decision =
  | { readonly ok: true; readonly change: { readonly nextOffset: number; readonly changes: Counts } }
  | { readonly ok: false; readonly why: string }

export interface LedgerRepair extends AsyncDisposable {
  read(key: LedgerKey): Promise<LockedRow | undefined>
  /**
   * Locks the row, lets `decide` see it, and books what that decided together with who did it and why. When
   * this resolves with `ok`, both are durable; else nothing was changed. Undefined when there is no such row.
   */
  change(key: LedgerKey, reason: Reason, decide: (row: LockedRow) => Decision): Promise<Decision | undefined>
}

const WHERE_KEY = 'where consumer_group = $1 and topic_id = $2 and partition = $3'
const READ_ROW = `
  select origin, next_offset, ${COUNTED.join(', ')}, forwarded_ahead, dead_lettered_ahead from ledger ${WHERE_KEY}`
/**
 * A row that moves loses its fingerprint: nothing is known of the record before the new position. What is
 * settled ahead of it goes with that: it may be of a log that was cut, and sending it again is harmless. One
 * that stays keeps both, and its version, by which the service tells what became of its own last write.
 */
const CHANGE_ROW = `
  with earlier as (
    select * from ledger ${WHERE_KEY}
  ), changed as (
    update ledger set
      next_offset = $4,
      last_leader_epoch = case when next_offset = $4 then last_leader_epoch end,
      last_timestamp_ms = case when next_offset = $4 then last_timestamp_ms end,
      forwarded_ahead = case when next_offset = $4 then forwarded_ahead else '{}' end,
      dead_lettered_ahead = case when next_offset = $4 then dead_lettered_ahead else '{}' end,
      version = case when next_offset = $4 then version else version + 1 end,
      written_by = case when next_offset = $4 then written_by else 'operator' end,
      updated_at = now(),
      ${COUNTED.map((column, index) => `${column} = ${column} + $${index + 9}`).join(', ')}
    ${WHERE_KEY}
    returning *
  )
  insert into audit_log (actor, action, subject, reason, before, after)
  select $5, $6, $7, $8, to_jsonb(earlier), to_jsonb(changed) from earlier, changed`

/** Opens no connection before the first question. */
export function openLedgerRepair(dsn: string): LedgerRepair {
  const pool = openPool({ dsn, maxConnections: 1, applicationName: 'sluice-ledger' }, () => {})
  return {
    read: async (key) => {
      const { rows } = await pool.query<Row>(READ_ROW, keyOf(key))
      return rows[0] && toLockedRow(rows[0])
    },
    change: (key, { actor, action, reason }, decide) =>
      inTransaction<Decision | undefined>(pool, async (client) => {
        const { rows } = await client.query<Row>(`${READ_ROW} for update`, keyOf(key))
        if (rows[0] === undefined) return new Rollback(undefined)
        const decision = decide(toLockedRow(rows[0]))
        if (!decision.ok) return new Rollback(decision)
        const { nextOffset, changes } = decision.change
        const subject = `${key.topic}-${key.partition}`
        const values = COUNTED.map((column) => changes[column] ?? 0)
        await client.query(CHANGE_ROW, [...keyOf(key), nextOffset, actor, action, subject, reason, ...values])
        return decision
      }),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

type Row = Record<'origin' | 'next_offset' | 'forwarded_ahead' | 'dead_lettered_ahead' | LedgerColumn, string>

function keyOf({ consumerGroup, topicId, partition }: LedgerKey): unknown[] {
  return [consumerGroup, topicId, partition]
}

function toLockedRow(row: Row): LockedRow {
  return {
    origin: Number(row.origin),
    nextOffset: Number(row.next_offset),
    counts: countsOf(row),
    ahead: {
      forwarded: fromMultirange(row.forwarded_ahead),
      dead_lettered: fromMultirange(row.dead_lettered_ahead),
    },
  }
}
