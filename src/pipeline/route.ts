import { backoffMs } from './backoff.ts'
import { holdReasonOf, type Failure, type HoldReason, type RecordFailure } from './failure.ts'

export interface RetryPolicy {
  /** Retries after the first attempt, so one less than attempts in all. */
  readonly maxRetries: number
  readonly baseMs: number
  readonly capMs: number
}

/** What becomes of a record that failed alone. */
export type Disposition =
  | { readonly type: 'dead_letter'; readonly failure: RecordFailure }
  | { readonly type: 'retry'; readonly failure: RecordFailure; readonly notBeforeMs: number }
  | { readonly type: 'hold'; readonly reason: HoldReason; readonly message: string }

/** `retry` is how often the record was tried again before this attempt. Pure: time and chance come in. */
export function route(
  failure: Failure,
  retry: number,
  policy: RetryPolicy,
  nowMs: number,
  random: () => number,
): Disposition {
  const { message } = failure
  switch (failure.kind) {
    case 'permanent':
      return { type: 'dead_letter', failure: { type: failure.type, stage: 'store', message } }
    case 'outage':
    case 'systemic':
      return { type: 'hold', reason: holdReasonOf(failure), message }
    case 'transient':
      break
  }
  const { type } = failure
  if (retry >= policy.maxRetries)
    return { type: 'dead_letter', failure: exhausted(retry + 1, `${type}: ${message}`) }
  return {
    type: 'retry',
    failure: { type, stage: 'store', message },
    notBeforeMs: nowMs + backoffMs(retry + 1, policy.baseMs, policy.capMs, random),
  }
}

/** Why a record that had all its retries is a dead letter; `cause` is that of the last attempt. */
export function exhausted(attempts: number, cause: string): RecordFailure {
  const times = attempts === 1 ? 'the only attempt' : `all of ${attempts} attempts`
  return { type: 'retries_exhausted', stage: 'store', message: `${times} failed; the last one as ${cause}` }
}
