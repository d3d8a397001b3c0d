import type pg from 'pg'
import { ACCOUNTED } from './ledger-columns.ts'

/** What can be said of the books without counting the tables they are about. */
export interface BooksSummary {
  /** Offsets that the ledger went past without a disposition; anything but 0 is a bug. */
  readonly unaccounted: number
  readonly openDeadLetters: number
  /** 0 without any. */
  readonly oldestOpenDeadLetterSeconds: number
}

const SUMMARY = `
  select
    (select coalesce(sum(abs(
       next_offset - origin - (${ACCOUNTED})
     )), 0) from ledger) as unaccounted,
    (select count(*) from dlq where status = 'open') as open,
    (select coalesce(extract(epoch from now() - min(created_at)), 0) from dlq where status = 'open') as oldest`

export async function summarizeBooks(pool: pg.Pool): Promise<BooksSummary> {
  const { rows } = await pool.query<{ unaccounted: string; open: string; oldest: string }>(SUMMARY)
  const [row] = rows
  return {
    unaccounted: Number(row?.unaccounted ?? 0),
    openDeadLetters: Number(row?.open ?? 0),
    oldestOpenDeadLetterSeconds: Number(row?.oldest ?? 0),
  }
}
