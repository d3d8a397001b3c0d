import type pg from 'pg'
import { ACCOUNTED, RECORDS } from './ledger-columns.ts'

/** What can be said of the books without counting the tables they are about. */
export interface BooksSummary {
  /** Offsets that the ledger went past without a disposition; anything but 0 is a bug. */
  readonly unaccounted: number
  /** Records of all topics that have a disposition. */
  readonly records: number
  /** Records that wait for their next attempt. */
  readonly retrying: number
  /** Lost to retention, and not acknowledged by an operator. */
  readonly expired: number
  readonly openDeadLetters: number
  /** 0 without any. */
  readonly oldestOpenDeadLetterSeconds: number
}

const SUMMARY = `
  select
    (select coalesce(sum(abs(
       next_offset - origin - (${ACCOUNTED})
     )), 0) from ledger) as unaccounted,
    (select coalesce(sum(${RECORDS}), 0) from ledger) as records,
    (select coalesce(sum(expired - expired_acknowledged), 0) from ledger) as expired,
    (select count(*) from retrying) as retrying,
    (select count(*) from dlq where status = 'open') as open,
    (select coalesce(extract(epoch from now() - min(created_at)), 0) from dlq where status = 'open') as oldest`

export async function summarizeBooks(pool: pg.Pool): Promise<BooksSummary> {
  const { rows } =
    await pool.query<Record<'unaccounted' | 'records' | 'expired' | 'retrying' | 'open' | 'oldest', string>>(
      SUMMARY,
    )
  const [row] = rows
  return {
    unaccounted: Number(row?.unaccounted ?? 0),
    records: Number(row?.records ?? 0),
    retrying: Number(row?.retrying ?? 0),
    expired: Number(row?.expired ?? 0),
    openDeadLetters: Number(row?.open ?? 0),
    oldestOpenDeadLetterSeconds: Number(row?.oldest ?? 0),
  }
}
