import type { Client } from 'pg'
import { headersFromJson } from '../../src/postgres/dead-letters.ts'
import { runAudit } from './audit-command.ts'
import { rowsOf, withSnapshot } from './database.ts'
import type { ArchivedDeadLetter, Evidence, LedgerRow } from './evidence.ts'
import { collectOrders } from './order-contents.ts'
import { recordDigest } from './record-digest.ts'
import { topicStates, type Site } from './site.ts'

/** Everything was waited for already: what is still on its way will not arrive. */
const NOT_FOR_LONG = ['--timeout', '20']

export type Collected = Pick<Evidence, 'orders' | 'orphans' | 'deadLetters' | 'ledger' | 'topics' | 'audit'>

export interface CollectionPlan extends Site {
  /** For the audit command: direct addresses. */
  readonly environment: Readonly<Record<string, string>>
  /** Set when the run itself deleted records, so that the audit takes their loss for known: why. */
  readonly acknowledgeExpired?: string
}

/** What topics and tables hold. Everything must be settled, and nothing may be produced meanwhile. */
export async function collect(plan: CollectionPlan): Promise<Collected> {
  const topics = await topicStates(plan)
  const tables = await withSnapshot(plan.dsn, async (client) => ({
    orders: await collectOrders(client),
    orphans: await countOrphans(client),
    deadLetters: await collectDeadLetters(client),
    ledger: await collectLedger(client),
  }))
  const { acknowledgeExpired: reason } = plan
  const known = reason === undefined ? [] : ['--acknowledge-expired', reason]
  const { code, stdout, stderr } = await runAudit(
    plan.environment,
    '--settled',
    ...NOT_FOR_LONG,
    '--deep',
    ...known,
  )
  return { topics, ...tables, audit: { exitCode: code, output: stdout + stderr } }
}

async function countOrphans(client: Client): Promise<Evidence['orphans']> {
  const count = (table: string): string =>
    `(select count(*)::int from ${table} t
      where not exists (select from orders o where o.order_uid = t.order_uid)) as ${table}`
  const { rows } = await client.query<Evidence['orphans']>(
    `select ${count('delivery')}, ${count('payment')}, ${count('items')}`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('a select without a from always has a row')
  return row
}

const DEAD_LETTERS = `
  select entry, key, value, headers, error_type, source_topic_id, source_partition,
    source_offset::float8 as source_offset
  from dlq`
/** Each may be a megabyte. */
const DEAD_LETTERS_AT_ONCE = 50

interface DeadLetterRow {
  entry: string
  key: Buffer | null
  value: Buffer | null
  headers: [string, string | null][]
  error_type: string
  source_topic_id: string
  source_partition: number
  source_offset: number
}

async function collectDeadLetters(client: Client): Promise<ArchivedDeadLetter[]> {
  const letters: ArchivedDeadLetter[] = []
  for await (const row of rowsOf<DeadLetterRow>(client, DEAD_LETTERS, DEAD_LETTERS_AT_ONCE)) {
    const { key, value } = row
    letters.push({
      entry: row.entry,
      digest: recordDigest({ key, value, headers: headersFromJson(row.headers) }),
      errorType: row.error_type,
      sourceTopicId: row.source_topic_id,
      sourcePartition: row.source_partition,
      sourceOffset: row.source_offset,
    })
  }
  return letters
}

/** Column by field; a double holds offsets exactly up to 2^53. */
const LEDGER_COLUMNS: Readonly<Record<Exclude<keyof LedgerRow, 'group' | 'topicId' | 'partition'>, string>> =
  {
    origin: 'origin',
    next: 'next_offset',
    stored: 'stored',
    duplicates: 'duplicates',
    retried: 'retried',
    deadLettered: 'dead_lettered',
    forwarded: 'forwarded',
    archived: 'archived',
    reopened: 'reopened',
    expired: 'expired',
    absent: 'absent',
    skipped: 'skipped',
    rewound: 'rewound',
  }

async function collectLedger(client: Client): Promise<LedgerRow[]> {
  const counts = Object.entries(LEDGER_COLUMNS).map(([field, column]) => `${column}::float8 as "${field}"`)
  const { rows } = await client.query<LedgerRow>(
    `select consumer_group as "group", topic_id as "topicId", partition, ${counts.join(', ')} from ledger`,
  )
  return rows
}
