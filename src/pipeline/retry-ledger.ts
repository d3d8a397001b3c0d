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

/**
 * Where the books must stand for a step: the position alone does not tell what is ahead of it, and after a
 * restore another instance may have brought an older row to the same version.
 */
export interface RetryBooks {
  readonly version: number
  readonly nextOffset: number
  readonly writtenBy: string
}

/** One step of the books, up to `to`; that is where they stand when only offsets ahead were settled. */
export interface RetryStep {
  readonly to: number
  readonly counts: Counts
  readonly ahead: SettledAhead
  readonly fingerprint: Fingerprint | undefined
  readonly logEnd: number
  /** Records that wait no more and will not come back: they leave the table `retrying`. */
  readonly exhausted: readonly SourceCoordinates[]
}

/** The books of the retry role. */
export interface RetryLedger {
  /** Creates the row at the log's start when there is none; waits for a transaction that holds it. */
  open(key: LedgerKey, log: { readonly start: number; readonly end: number }): Promise<RetryRow>
  read(key: LedgerKey): Promise<RetryRow | undefined>
  /**
   * Locks the row, and if the books stand there, runs `work` and books the step that it returns. So whoever
   * is stale sends nothing, and whoever opens the row meanwhile waits until it tells what was sent.
   * 'committed' is durable; 'fenced': `work` did not run. Throws when the outcome is failure or unknown.
   */
  settle(key: LedgerKey, at: RetryBooks, work: () => Promise<RetryStep>): Promise<'committed' | 'fenced'>
  /** Books what other ids of this topic still had unread as expired. Returns how many. */
  bookGoneTopics(key: LedgerKey): Promise<number>
}

/** Above every offset that is settled. */
export function settledEnd(nextOffset: number, { forwarded, deadLettered }: SettledAhead): number {
  return [...forwarded, ...deadLettered].reduce((end, { to }) => Math.max(end, to), nextOffset)
}
