import type { Evidence, Reset } from './evidence.ts'

/** What a check stands for: a guarantee of the design, or a part of the run that has to be well. */
export type Guarantee =
  | `G${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11}`
  | 'audit'
  | 'ledger'
  | 'liveness'
  | 'memory'

/** A sentence that says what is wrong and with what. */
export type Finding = string

export interface Limits {
  /** From the last fault until everything is settled. */
  readonly settleMs: number
  readonly drainMs: number
  /** Of one life of an instance. */
  readonly peakResidentBytes: number
  /** Records that may be sent to retry: none, unless the run makes trouble for single records on purpose. */
  readonly retries: number
  /** Before and after a reset for so long nobody can tell on which side of it something was seen. */
  readonly nearResetMs: number
  /** Whether a topic that is still there may have lost records to retention. */
  readonly retention: boolean
  /**
   * The database may have been set back to before a topic was made anew: then what that topic alone had is lost,
   * and no books can know how much.
   */
  readonly setBackBeforeAnew?: true
}

/** Its name is short and stays: reports and tests know it by that. */
export interface Check {
  readonly name: string
  readonly guarantee: Guarantee
  /** Everything that is wrong; empty when the check passes. Pure. */
  readonly judge: (evidence: Evidence, limits: Limits) => readonly Finding[]
}

/** Resets that take back what the database had committed; a topic that is made anew does not. */
export function undoing(resets: readonly Reset[]): Reset[] {
  return resets.filter(({ what }) => what !== 'topic anew')
}

/**
 * How many acknowledged records may have no end: as many as the ledger booked as expired. That any may expire
 * is a check of its own.
 */
export function expectedLosses({ resets, ledger }: Evidence, { setBackBeforeAnew }: Limits): number {
  const anew = resets.filter(({ what }) => what === 'topic anew').map(({ atMs }) => atMs)
  const wasSetBack = undoing(resets).some(({ atMs }) => anew.some((anewMs) => anewMs <= atMs))
  if (setBackBeforeAnew === true && wasSetBack) return Infinity
  return ledger.reduce((records, { expired }) => records + expired, 0)
}
