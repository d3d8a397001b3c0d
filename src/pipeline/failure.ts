/** Public vocabulary of `error_type`; where several apply, the first of this order. */
export const ERROR_TYPES = [
  'empty_value',
  'too_large',
  'malformed_utf8',
  'malformed_json',
  'invalid_order',
  'conflict',
  'rejected_by_database',
  'retries_exhausted',
  'serialization_conflict',
  'timeout',
  'unclassified',
] as const
export type ErrorType = (typeof ERROR_TYPES)[number]

/** Where on its way a record failed. */
export type Stage = 'decode' | 'validate' | 'store'

/** Why a record leaves its batch, as its headers say. Messages never quote the payload. */
export interface RecordFailure {
  readonly type: ErrorType
  readonly stage: Stage
  readonly message: string
}

/** The record is at fault: it goes to the dead letters at once. */
export type PermanentFailure = RecordFailure

/** Why a partition stands still. Nothing is spent and nothing dead-lettered meanwhile. */
export const HOLD_REASONS = [
  'database_unreachable',
  'database_busy',
  'database_refuses',
  'schema_mismatch',
  'access_denied',
  'failure_flood',
  'broker_unreachable',
  'log_diverged',
  'topic_missing',
  'unreadable',
  'unclassified',
] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

type OutageType = 'database_unreachable' | 'broker_unreachable'

/** What something thrown comes to. Closed, so that a new kind does not compile until each place decides about it. */
export type Failure = {
  /** Names codes and objects of the database, never values. */
  readonly message: string
  /** The same for failures of one cause, whatever the record: type, SQLSTATE or code, constraint. */
  readonly fingerprint: string
  /** What was thrown, of what nobody knows: its stack helps, and belongs in the log alone. */
  readonly thrown?: unknown
} & (
  | { readonly kind: 'permanent'; readonly type: 'rejected_by_database' }
  | { readonly kind: 'transient'; readonly type: 'serialization_conflict' | 'timeout' | 'unclassified' }
  | { readonly kind: 'outage'; readonly type: OutageType }
  | { readonly kind: 'systemic'; readonly type: Exclude<HoldReason, OutageType> }
)

/** Thrown inside a partition's loop to hold it for a reason that is known at that place. */
export class HoldPartition extends Error {
  readonly reason: HoldReason
  constructor(reason: HoldReason, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'HoldPartition'
    this.reason = reason
  }
}

/** Why a partition holds for a failure that is not, or not known to be, that of a single record. */
export function holdReasonOf(failure: Failure): HoldReason {
  switch (failure.kind) {
    case 'outage':
    case 'systemic':
      return failure.type
    case 'permanent':
      return 'database_refuses'
    case 'transient':
      break
  }
  return failure.type === 'unclassified' ? 'unclassified' : 'database_busy'
}
