import type { Pool } from './database.ts'
import { ACCOUNTED, COUNTED } from './ledger-columns.ts'
import type { LedgerColumn } from '../pipeline/ledger.ts'
import { instantOf, instantText } from './pages.ts'

export interface ListedLedgerRow extends Readonly<Record<LedgerColumn, number>> {
  readonly consumer_group: string
  readonly topic: string
  readonly topic_id: string
  readonly partition: number
  readonly origin: number
  readonly next_offset: number
  readonly seen_end: number
  readonly lag: number
  readonly unaccounted: number
  readonly updated_at: string
}

const LIST = `
  select
    consumer_group, topic, topic_id, partition, origin::float8 as origin, next_offset::float8 as next_offset,
    seen_end::float8 as seen_end, greatest(0, seen_end - next_offset)::float8 as lag,
    ${COUNTED.map((column) => `${column}::float8 as ${column}`).join(', ')},
    (next_offset - origin - (${ACCOUNTED}))::float8 as unaccounted,
    ${instantText('updated_at')} as updated_at
  from ledger
  order by topic, consumer_group, topic_id, partition`

/** Every row of the books; there are as many as there are partitions. */
export async function listLedger(pool: Pool): Promise<ListedLedgerRow[]> {
  const { rows } = await pool.query<ListedLedgerRow>(LIST)
  return rows.map((row) => ({ ...row, updated_at: instantOf(row.updated_at) }))
}
