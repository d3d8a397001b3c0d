/** Reasons to hold that do not go away by themselves: somebody has to look. docs/OPERATIONS.md says what to do. */
export const ALARMS: readonly string[] = [
  'database_refuses',
  'schema_mismatch',
  'access_denied',
  'failure_flood',
  'log_diverged',
  'unreadable',
  'unclassified',
]
