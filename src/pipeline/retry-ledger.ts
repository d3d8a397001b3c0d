import type { Counts, Fingerprint, LedgerKey, LedgerRow } from './ledger.ts'
import type { SourceCoordinates } from './headers.ts'
import type { OffsetRange } from './settled-offsets.ts'

/** Offsets above `nextOffset` that are settled already, and how. They count when the books pass them. */
export interface SettledAhead {
  readonly forwarded: readonly OffsetRange[]
  readonly deadLettered: readonly OffsetRange[]
}

export interface RetryRow extends LedgerRow {
  /** Of the last record that is settled, which lies before `settledEnd`, not before `nextOffset`. */
  readonly fingerprint: Fingerprint | undefined
  readonly ahead: SettledAhead
}

/** One step of the books. `from` and `to` are equal when only offsets ahead of them were settled. */
export interface RetryStep {
  /** The row must have this version: the position alone does not tell what is ahead of it. */
  readonly version: number
  readonly from: number
  readonly to: number
  readonly counts: Counts
  readonly ahead: SettledAhead
  readonly fingerprint: Fingerprint | undefined
  readonly logEnd: number
  /** Records that wait no more and will not come back: they leave the table `retrying`. */
  readonly exhausted: readonly SourceCoordinates[]
}

/** The books of the retry role. It produces first and books then, so a step is one statement. */
export interface RetryLedger {
  /** Creates the row at the log's start when there is none; waits for a statement that holds it. */
  open(key: LedgerKey, log: { readonly start: number; readonly end: number }): Promise<RetryRow>
  read(key: LedgerKey): Promise<RetryRow | undefined>
  /** 'committed' is durable. 'fenced': the row is another one by now, nothing was done. Else the outcome is unknown. */
  book(key: LedgerKey, step: RetryStep): Promise<'committed' | 'fenced'>
  /** Books what other ids of this topic still had unread as expired. Returns how many. */
  bookGoneTopics(key: LedgerKey): Promise<number>
}

/** Above every offset that is settled. */
export function settledEnd(nextOffset: number, { forwarded, deadLettered }: SettledAhead): number {
  return [...forwarded, ...deadLettered].reduce((end, { to }) => Math.max(end, to), nextOffset)
}
