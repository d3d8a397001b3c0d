import { pino } from 'pino'
import { bounded, stackFrames, summarizeError } from './error-summary.ts'
import { readableLine } from './readable-line.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Values that are not scalars, errors or short lists are logged as their size or type, never as content. */
export type LogFields = Readonly<Record<string, unknown>>

/** `event` names the class of a line, in snake_case: one of few, so that it can be counted. */
type Write = (event: string, fields?: LogFields) => void
export type Logger = Readonly<Record<LogLevel, Write>>

/** Where lines go: `process.stderr`, or a list in a test. */
export interface LineSink {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const MAX_TEXT_CHARS = 1_000
const MAX_LIST_LENGTH = 20

/**
 * One JSON line for each event; a readable one on a terminal. Standard error is the only place for lines:
 * standard output belongs to a command's answer. At level debug, errors bring their stack.
 */
export function createLogger(options: { readonly level: LogLevel; readonly sink?: LineSink }): Logger {
  const { level, sink = standardError() } = options
  const write = sink.isTTY === true ? (line: string) => sink.write(readableLine(line)) : sink.write.bind(sink)
  const lines = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
  const withStack = level === 'debug'
  return eachLevel((name) => (event, fields = {}) => {
    if (lines.isLevelEnabled(name)) lines[name]({ event, ...safeFields(fields, withStack) })
  })
}

/**
 * Writes at most so many lines of a class in each interval; the first of the next one tells how many were
 * left out. Counting events belongs around this, so that it sees them all.
 */
export function limitRepeats(
  logger: Logger,
  options: {
    readonly maxLines?: number
    readonly intervalMs?: number
    readonly nowMs?: () => number
  } = {},
): Logger {
  const { maxLines = 10, intervalMs = 10_000, nowMs = Date.now } = options
  const classes = new Map<string, { sinceMs: number; lines: number }>()
  return eachLevel((level) => (event, fields) => {
    const now = nowMs()
    const kind = classOf(level, event, fields)
    const seen = classes.get(kind)
    if (seen !== undefined && now - seen.sinceMs < intervalMs) {
      seen.lines += 1
      if (seen.lines <= maxLines) logger[level](event, fields)
      return
    }
    classes.set(kind, { sinceMs: now, lines: 1 })
    const suppressed = Math.max(0, (seen?.lines ?? 0) - maxLines)
    logger[level](event, suppressed > 0 ? { ...fields, suppressed } : fields)
  })
}

/** Alarms of one partition must not hide those of another; there are few enough partitions to remember each. */
function classOf(level: LogLevel, event: string, fields: LogFields = {}): string {
  if (level !== 'error') return event
  return [event, fields['topic'], fields['partition']].map(String).join(' ')
}

/** Reports each event's class before it is written, for a counter. */
export function countEvents(logger: Logger, count: (event: string) => void): Logger {
  return eachLevel((level) => (event, fields) => {
    count(event)
    logger[level](event, fields)
  })
}

function eachLevel(write: (level: LogLevel) => Write): Logger {
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function safeFields(fields: LogFields, withStack: boolean): Record<string, unknown> {
  const safe = Object.entries(fields)
    .filter(([name]) => !RESERVED.has(name))
    .map(([name, value]) => [name, safeValue(name, value, withStack)] as const)
  return Object.fromEntries(safe)
}

/** Names that the line has itself: a second one would hide the first from whoever reads the line. */
const RESERVED = new Set(['level', 'time', 'event'])

function safeValue(name: string, value: unknown, withStack: boolean): unknown {
  if (name === 'error' || value instanceof Error) {
    const stack = withStack ? stackFrames(value) : undefined
    return { ...summarizeError(value), ...(stack !== undefined && { stack }) }
  }
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (Array.isArray(value)) return value.slice(0, MAX_LIST_LENGTH).map(safeScalar)
  return safeScalar(value)
}

function safeScalar(value: unknown): unknown {
  if (typeof value === 'string') return bounded(value, MAX_TEXT_CHARS)
  if (typeof value === 'bigint') return String(value)
  const harmless = value === null || ['number', 'boolean', 'undefined'].includes(typeof value)
  return harmless ? value : `(${typeof value})`
}

function standardError(): LineSink {
  // Whoever reads our lines may go away; that must not end the service.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {})
  return process.stderr
}
