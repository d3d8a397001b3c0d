import type { ErrorType, HoldReason } from '../pipeline/failure.ts'
import type { LedgerColumn } from '../pipeline/ledger.ts'

/**
 * Values of labels that are known before anything happened. Written as records of the pipeline's own types,
 * so that a new value there does not compile until it is counted here.
 */
export const ERROR_TYPES = names<ErrorType>({
  empty_value: true,
  too_large: true,
  malformed_utf8: true,
  malformed_json: true,
  invalid_order: true,
  conflict: true,
  rejected_by_database: true,
  retries_exhausted: true,
  serialization_conflict: true,
  timeout: true,
  unclassified: true,
})

export const HOLD_REASONS = names<HoldReason>({
  database_unreachable: true,
  database_busy: true,
  database_refuses: true,
  schema_mismatch: true,
  access_denied: true,
  failure_flood: true,
  broker_unreachable: true,
  log_diverged: true,
  topic_missing: true,
  unreadable: true,
  unclassified: true,
})

/** Every column of the ledger that counts. */
export const OUTCOMES = names<LedgerColumn>({
  stored: true,
  duplicates: true,
  retried: true,
  dead_lettered: true,
  forwarded: true,
  archived: true,
  reopened: true,
  expired: true,
  absent: true,
  skipped: true,
  rewound: true,
})

export const STAGES = ['produce', 'store'] as const
export const CIRCUITS = ['database', 'kafka'] as const
function names<T extends string>(known: Readonly<Record<T, true>>): readonly string[] {
  return Object.keys(known)
}
