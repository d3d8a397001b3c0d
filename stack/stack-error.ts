/** Something the user can act on: the message says what is wrong and what to do, and needs no stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError'
}

/** The `code` that Node's system errors and PostgreSQL's errors carry; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What a failed program said, else what went wrong in running it. */
export function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== ''
    ? error.stderr
    : error.message
}
