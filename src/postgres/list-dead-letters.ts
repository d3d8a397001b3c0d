import type { Header } from '../pipeline/record.ts'
import type { Pool } from './database.ts'
import { headersFromJson } from './dead-letters.ts'
import { instantOf, instantText, pageOf, type Page, type PageRequest } from './pages.ts'

export interface DeadLettersFilter {
  readonly status?: string
  readonly error_type?: string
  /** Compared with the key of the record. */
  readonly uid?: string
  /** Failed first at this instant or later, and before that one. */
  readonly from?: string
  readonly to?: string
}

interface ListedDeadLetter {
  readonly entry: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly error_type: string
  readonly error_message: string
  readonly error_stage: string
  readonly attempts: number
  readonly status: 'open' | 'replaying' | 'resolved' | 'discarded'
  readonly created_at: string
  readonly last_failed_at: string
  readonly archived_at: string
  readonly value_bytes: number | null
}

interface WholeDeadLetter extends ListedDeadLetter {
  readonly topic_id: string
  readonly resolution: string | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

const SUMMARY = `
  entry, topic, source_partition as partition, source_offset::float8 as offset, key, error_type, error_message,
  error_stage, attempts, status, ${instantText('created_at')} as created_at,
  ${instantText('last_failed_at')} as last_failed_at, ${instantText('archived_at')} as archived_at,
  octet_length(value) as value_bytes`

/** Without a name, so that it is planned for the filters that are given: those that are null fall away. */
const LIST = `
  select ${SUMMARY} from dlq
  where ($1::text is null or status = $1)
    and ($2::text is null or error_type = $2)
    and ($3::text is null or key = convert_to($3, 'UTF8'))
    and ($4::timestamptz is null or dlq.created_at >= $4)
    and ($5::timestamptz is null or dlq.created_at < $5)
    and ($6::timestamptz is null or (dlq.created_at, entry) < ($6, $7::uuid))
  order by dlq.created_at desc, entry desc
  limit $8::int`

const READ = `
  select ${SUMMARY}, source_topic_id as topic_id, resolution, value, headers from dlq where entry = $1`

/** Newest failure first. The key of a row is [created_at, entry]. */
export async function listDeadLetters(
  pool: Pool,
  filter: DeadLettersFilter,
  { limit, after = [] }: PageRequest,
): Promise<Page<ListedDeadLetter>> {
  const { status, error_type: errorType, uid, from, to } = filter
  const [createdAt, entry] = after
  const values = [status, errorType, uid, from, to, createdAt, entry, limit + 1]
  const { rows } = await pool.query<ListedDeadLetter>(
    LIST,
    values.map((value) => value ?? null),
  )
  return pageOf(rows, limit, inCanonicalForm, (row) => [row.created_at, row.entry])
}

type ReadRow = Omit<WholeDeadLetter, 'headers'> & { headers: [string, string | null][] }

/** With its bytes as they were archived; undefined when there is none. */
export async function readDeadLetter(pool: Pool, entry: string): Promise<WholeDeadLetter | undefined> {
  const { rows } = await pool.query<ReadRow>({ name: 'read-dead-letter', text: READ, values: [entry] })
  const [row] = rows
  return row && { ...inCanonicalForm(row), headers: headersFromJson(row.headers) }
}

function inCanonicalForm<T extends ListedDeadLetter>(row: T): T {
  return {
    ...row,
    created_at: instantOf(row.created_at),
    last_failed_at: instantOf(row.last_failed_at),
    archived_at: instantOf(row.archived_at),
  }
}
