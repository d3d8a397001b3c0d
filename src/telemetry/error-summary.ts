/** What of an error may be logged. */
export interface ErrorSummary {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly cause?: Omit<ErrorSummary, 'cause'>
}

/** Names of database objects, which help; `detail`, `where` and `hint` quote values, so they are left out. */
const NAMING_FIELDS = ['code', 'constraint', 'table', 'column'] as const
const MAX_MESSAGE_CHARS = 300
const MAX_FRAMES = 8

/**
 * A thrown value, of any type, as a bounded summary that quotes no payload: a Kafka client's error can be
 * hundreds of kilobytes of text, and parsers and databases quote what they could not read.
 */
export function summarizeError(error: unknown): ErrorSummary {
  const cause = causeOf(error)
  return { ...summary(error), ...(cause !== undefined && { cause: summary(cause) }) }
}

/** Where an error was thrown; without its message, which the engine puts into the stack as well. */
export function stackFrames(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  const frames = error.stack
    .slice(0, 100_000)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
  return frames
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim().slice(0, MAX_MESSAGE_CHARS))
    .join('; ')
}

/** Cuts a text to what one log line should hold. */
export function bounded(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… (${text.length} characters)`
}

function summary(error: unknown): Omit<ErrorSummary, 'cause'> {
  if (!(error instanceof Error)) return { name: 'NotAnError', message: `a ${typeof error} was thrown` }
  return {
    name: bounded(error.name, 80),
    message: bounded(withoutQuotes(error).replace(/\/\/[^\s/@]*@/g, '//***@'), MAX_MESSAGE_CHARS),
    ...namingFields(error),
  }
}

/** An AggregateError has no cause of its own, but its first error is why it was thrown. */
function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0]
  return error instanceof Error ? error.cause : undefined
}

/**
 * Drops what a message quotes if it may come from a payload: JSON, or a value of SQLSTATE class 22. What a
 * function in the database raises may quote anything anywhere.
 */
function withoutQuotes(error: Error): string {
  if ('routine' in error && error.routine === 'exec_stmt_raise') return 'raised by a function in the database'
  const message = error.message.slice(0, 10_000)
  const quotesPayload =
    error instanceof SyntaxError || ('code' in error && /^22\w{3}$/.test(String(error.code)))
  return quotesPayload ? message.replace(/["'][\s\S]*["']/, '"…"') : message
}

function namingFields(error: Error): Partial<Record<(typeof NAMING_FIELDS)[number], string>> {
  const fields = new Map(Object.entries(error))
  return Object.fromEntries(
    NAMING_FIELDS.flatMap((field) => {
      const value: unknown = fields.get(field)
      return typeof value === 'string' || typeof value === 'number'
        ? [[field, bounded(String(value), 80)]]
        : []
    }),
  )
}
