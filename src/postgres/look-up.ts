import type { Pool } from './database.ts'
import { instantOf, instantText, pageOf, type Page, type PageRequest } from './pages.ts'

/** One record that waits for its next attempt. */
interface WaitingRecord {
  readonly topic: string
  readonly topic_id: string
  readonly partition: number
  readonly offset: number
  readonly order_uid: string | null
  readonly retry: number
  readonly not_before: string
  readonly first_failed_at: string
  readonly error_type: string
  readonly error_message: string
}

export interface WhereItIs {
  readonly stored:
    | {
        readonly stored_at: string
        readonly source: { readonly topic_id: string; readonly partition: number; readonly offset: number }
      }
    | undefined
  readonly retrying: readonly WaitingRecord[]
  readonly deadLetters: readonly FoundDeadLetter[]
  /** Records that some instance saw in a topic and that are not settled: the order may be among them. */
  readonly unread: number
}

interface FoundDeadLetter {
  readonly entry: string
  readonly error_type: string
  readonly error_message: string
  readonly error_stage: string
  readonly attempts: number
  readonly status: string
  readonly created_at: string
  readonly partition: number
  readonly offset: number
}

const WAITING = `
  topic, source_topic_id as topic_id, source_partition as partition, source_offset::float8 as offset, order_uid, retry,
  ${instantText('not_before')} as not_before, ${instantText('first_failed_at')} as first_failed_at,
  error_type, error_message`

/** One statement, so one snapshot: an order on its way from one place to the next is in one of them. */
const LOOK_UP = `
  select
    (
      select row_to_json(s) from (
        select ${instantText('stored_at')} as stored_at, source_topic_id as topic_id,
          source_partition as partition, source_offset as offset
        from orders where order_uid = $1
      ) s
    ) as stored,
    (
      select coalesce(json_agg(row_to_json(r)), '[]') from (
        select ${WAITING} from retrying where order_uid = $1 order by retrying.not_before limit 50
      ) r
    ) as retrying,
    (
      select coalesce(json_agg(row_to_json(l)), '[]') from (
        select entry, error_type, error_message, error_stage, attempts, status,
          ${instantText('created_at')} as created_at, source_partition as partition, source_offset as offset
        from dlq where key = convert_to($1, 'UTF8') order by dlq.created_at desc, entry desc limit 50
      ) l
    ) as dead_letters,
    (select coalesce(sum(greatest(0, seen_end - next_offset)), 0)::float8 from ledger) as unread`

interface FoundRow {
  stored: { stored_at: string; topic_id: string; partition: number; offset: number } | null
  retrying: WaitingRecord[]
  dead_letters: FoundDeadLetter[]
  unread: number
}

/** The three places where an order can be, and whether it may still be on its way to one of them. */
export async function lookUp(pool: Pool, uid: string): Promise<WhereItIs> {
  const { rows } = await pool.query<FoundRow>({ name: 'look-up', text: LOOK_UP, values: [uid] })
  const [row] = rows
  if (row === undefined) throw new Error('the database gave no answer')
  return {
    stored: row.stored === null ? undefined : storedOf(row.stored),
    retrying: row.retrying.map(waitingOf),
    deadLetters: row.dead_letters.map((one) => ({ ...one, created_at: instantOf(one.created_at) })),
    unread: row.unread,
  }
}

function storedOf({ stored_at: storedAt, ...source }: NonNullable<FoundRow['stored']>): WhereItIs['stored'] {
  return { stored_at: instantOf(storedAt), source }
}

const LIST_WAITING = `
  select ${WAITING} from retrying
  where $1::timestamptz is null
    or (retrying.not_before, source_topic_id, source_partition, source_offset)
      > ($1, $2::uuid, $3::int4, $4::int8)
  order by retrying.not_before, source_topic_id, source_partition, source_offset
  limit $5::int`

/** Due first. The key of a row is [not_before, topic id, partition, offset]. */
export async function listRetrying(
  pool: Pool,
  { limit, after = [] }: PageRequest,
): Promise<Page<WaitingRecord>> {
  const key = [0, 1, 2, 3].map((part) => after[part] ?? null)
  const { rows } = await pool.query<WaitingRecord>(LIST_WAITING, [...key, limit + 1])
  return pageOf(rows, limit, waitingOf, (row) => [
    row.not_before,
    row.topic_id,
    String(row.partition),
    String(row.offset),
  ])
}

function waitingOf(row: WaitingRecord): WaitingRecord {
  return { ...row, not_before: instantOf(row.not_before), first_failed_at: instantOf(row.first_failed_at) }
}
