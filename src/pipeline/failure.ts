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

/** The record is at fault: it goes to the dead letters at once. Messages never quote the payload. */
export interface PermanentFailure {
  readonly type: ErrorType
  readonly stage: Stage
  readonly message: string
}

/** Why a partition stands still. Nothing is spent and nothing dead-lettered meanwhile. */
export const HOLD_REASONS = [
  'database_unreachable',
  'database_busy',
  'database_refuses',
  'broker_unreachable',
  'log_diverged',
  'topic_missing',
  'unreadable',
  'unclassified',
] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

/** Thrown inside a partition's loop to hold it for a reason that is known at that place. */
export class HoldPartition extends Error {
  readonly reason: HoldReason
  constructor(reason: HoldReason, message: string) {
    super(message)
    this.name = 'HoldPartition'
    this.reason = reason
  }
}

/** SQLSTATE classes of a database that is away, full or read-only; it comes back without our doing. */
const OUTAGE_SQLSTATES = ['08', '53', '57', '58', '25006', '25P03']
/** A lock, a deadlock or a time-out hit the whole batch: somebody else is at work in the database. */
const BUSY_SQLSTATES = new Set(['40001', '40P01', '55P03', '57014'])
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])

/**
 * Turns any thrown value into the reason to hold for. A driver error without a code is a connection that
 * died under a query, so it counts as an outage of the database; Kafka's errors carry their own prefix.
 */
export function holdReason(error: unknown): HoldReason {
  if (error instanceof HoldPartition) return error.reason
  const code = errorCode(error)
  if (code?.startsWith('PLT_KFK_')) return 'broker_unreachable'
  if (code === undefined) return isPlainError(error) ? 'database_unreachable' : 'unclassified'
  if (SOCKET_CODES.has(code)) return 'database_unreachable'
  if (!/^[0-9A-Z]{5}$/.test(code)) return 'unclassified'
  if (BUSY_SQLSTATES.has(code)) return 'database_busy'
  return OUTAGE_SQLSTATES.some((prefix) => code.startsWith(prefix))
    ? 'database_unreachable'
    : 'database_refuses'
}

/** Drivers throw plain errors; a TypeError and its like are a mistake of ours, and no outage. */
function isPlainError(error: unknown): boolean {
  return error instanceof Error && error.name === 'Error'
}

function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  // A host with several addresses gives one error for each of them.
  if (error instanceof AggregateError) return error.errors.map(errorCode).find((code) => code !== undefined)
  return undefined
}
