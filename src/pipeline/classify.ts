import { HoldPartition, type Failure } from './failure.ts'

type Verdict = Failure extends infer F ? (F extends Failure ? Pick<F, 'kind' | 'type'> : never) : never
type Rule = readonly [verdict: Verdict, words: string]

const REJECTED = { kind: 'permanent', type: 'rejected_by_database' } as const
const CONFLICT = { kind: 'transient', type: 'serialization_conflict' } as const
const TIMEOUT = { kind: 'transient', type: 'timeout' } as const
const UNKNOWN = { kind: 'transient', type: 'unclassified' } as const
const AWAY = { kind: 'outage', type: 'database_unreachable' } as const
const BROKER_AWAY = { kind: 'outage', type: 'broker_unreachable' } as const
const SCHEMA = { kind: 'systemic', type: 'schema_mismatch' } as const
const TOO_LARGE = {
  kind: 'systemic',
  type: 'unclassified',
  fingerprint: 'unclassified/RECORD_TOO_LARGE',
} as const
const ACCESS = { kind: 'systemic', type: 'access_denied' } as const
const REFUSES = { kind: 'systemic', type: 'database_refuses' } as const

/** By SQLSTATE or its class, the longest match first (PostgreSQL, "Error Codes"). */
const SQLSTATES: Readonly<Record<string, Rule>> = {
  '08': [AWAY, 'the connection failed'],
  '0A': [REFUSES, 'the database does not support this'],
  '22': [REJECTED, 'a value can not be stored in its column'],
  '23': [REJECTED, 'a constraint is violated'],
  '23502': [REJECTED, 'a column must not be null'],
  '23503': [REJECTED, 'a foreign key has no match'],
  '23505': [REJECTED, 'a unique key is taken'],
  '23514': [REJECTED, 'a check is violated'],
  '25006': [AWAY, 'the database is read-only'],
  '25P03': [AWAY, 'the transaction was idle for too long'],
  '25P04': [AWAY, 'the transaction took too long'],
  '28': [ACCESS, 'the database does not let this user in'],
  '3D': [SCHEMA, 'there is no such database'],
  '3F': [SCHEMA, 'there is no such schema'],
  '40': [CONFLICT, 'another transaction was in the way'],
  '42': [SCHEMA, 'the tables are not those of this version'],
  '42501': [ACCESS, 'a right is missing'],
  '53': [AWAY, 'the database is out of resources'],
  '54': [REJECTED, 'a limit of the database is exceeded'],
  '55P03': [TIMEOUT, 'a lock was not free in time'],
  '57': [AWAY, 'the database is stopping, starting, or ended the connection'],
  '57014': [TIMEOUT, 'a statement took too long'],
  '58': [AWAY, 'the database has trouble with its system'],
  F0: [REFUSES, 'the configuration of the database is broken'],
  XX: [REFUSES, 'the database has an internal error'],
}

/** Codes of Node and of the streams that rows are copied through: the connection is gone, or never was. */
const CONNECTION_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
])

/** What a broker answers to those who may not; each comes as the `apiId` of an error or of one inside it. */
const DENIED = /^(\w+_AUTHORIZATION_FAILED|SASL_AUTHENTICATION_FAILED)$/

/** A prepared statement outlived a change of its table: a new connection prepares it anew. */
const STALE_PLAN = 'RevalidateCachedQuery'

const MAX_DEPTH = 5

/**
 * Turns whatever was thrown, an error or not, into a failure. A driver error without a code is a connection
 * that died under a query; Kafka's errors are told by class, never by text. What nobody knows is transient:
 * the canary decides whether it is the database's fault.
 */
export function classifyError(thrown: unknown): Failure {
  if (thrown instanceof HoldPartition) return ofHold(thrown)
  const error = withCode(thrown, 0)
  const code = error?.code
  if (error === undefined || code === undefined) {
    // Drivers throw plain errors; a TypeError and its like are a mistake of ours, and no outage.
    if (thrown instanceof Error && thrown.name === 'Error')
      return { ...AWAY, message: 'the connection was lost', fingerprint: AWAY.type }
    return unknown(thrown instanceof Error ? thrown.name : typeof thrown, thrown)
  }
  if (code.startsWith('PLT_KFK_')) return ofKafka(thrown, code)
  // Larger than the topic allows, even compressed: the same bytes will be refused again.
  if (code === 'RECORD_TOO_LARGE') return { ...TOO_LARGE, message: `${code}: ${messageOf(thrown)}` }
  if (CONNECTION_CODES.has(code)) return { ...AWAY, message: code, fingerprint: `${AWAY.type}/${code}` }
  const rule = /^[0-9A-Z]{5}$/.test(code) ? (SQLSTATES[code] ?? SQLSTATES[code.slice(0, 2)]) : undefined
  return rule === undefined ? unknown(code, thrown) : ofDatabase(error, code, rule)
}

/** Only of errors whose text is ours. */
function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : ''
}

function ofHold({ reason, message }: HoldPartition): Failure {
  const said = { message, fingerprint: reason }
  return reason === 'database_unreachable' || reason === 'broker_unreachable'
    ? { kind: 'outage', type: reason, ...said }
    : { kind: 'systemic', type: reason, ...said }
}

function ofKafka(thrown: unknown, code: string): Failure {
  const denial = code === 'PLT_KFK_AUTHENTICATION' ? code : deniedBy(thrown, 0)
  const cause = denial ?? code
  const verdict = denial === undefined ? BROKER_AWAY : ACCESS
  return { ...verdict, message: cause, fingerprint: `${verdict.type}/${cause}` }
}

function ofDatabase(error: Coded, code: string, [verdict, words]: Rule): Failure {
  if (error.routine === STALE_PLAN)
    return { ...AWAY, message: `${code}: a plan is out of date`, fingerprint: `${AWAY.type}/${code}` }
  const { constraint, table, column } = error
  const names = Object.entries({ constraint, table, column }).flatMap(([what, name]) =>
    name === undefined ? [] : [`${what} ${name}`],
  )
  const where = names.length === 0 ? '' : ` (${names.join(', ')})`
  return {
    ...verdict,
    message: `${code}: ${words}${where}`,
    fingerprint: [verdict.type, code, constraint ?? column].filter(Boolean).join('/'),
  }
}

function unknown(what: string, thrown: unknown): Failure {
  const name = /^\w{1,80}$/.test(what) ? what : 'unknown'
  return { ...UNKNOWN, message: `unexpected: ${name}`, fingerprint: `${UNKNOWN.type}/${name}`, thrown }
}

/** Of an error: its code and what PostgreSQL names with it. */
interface Coded {
  readonly code: string
  readonly routine: string | undefined
  readonly constraint: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
}

/** A host with several addresses gives one error for each of them: the first that has a code decides. */
function withCode(thrown: unknown, depth: number): Coded | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth > MAX_DEPTH) return undefined
  const code = textOf(thrown, 'code')
  if (code !== undefined) {
    const named = (name: string): string | undefined => textOf(thrown, name)?.slice(0, 63)
    return {
      code,
      routine: named('routine'),
      constraint: named('constraint'),
      table: named('table'),
      column: named('column'),
    }
  }
  if (!(thrown instanceof AggregateError)) return undefined
  return thrown.errors.map((inner) => withCode(inner, depth + 1)).find((inner) => inner !== undefined)
}

function deniedBy(thrown: unknown, depth: number): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth > MAX_DEPTH) return undefined
  const apiId = textOf(thrown, 'apiId')
  if (apiId !== undefined && DENIED.test(apiId)) return apiId
  const inner = [
    ...(thrown instanceof AggregateError ? thrown.errors : []),
    thrown instanceof Error ? thrown.cause : undefined,
  ]
  return inner.map((each) => deniedBy(each, depth + 1)).find((each) => each !== undefined)
}

function textOf(object: object, name: string): string | undefined {
  const value: unknown = Reflect.get(object, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}
