import { MultipleErrors, ProtocolError } from '@platformatic/kafka'
import type { OutgoingRecord } from '../pipeline/record.ts'

/** Answers that stay the same however often the same bytes are sent. */
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const MAX_CAUSE_CHARACTERS = 300

/** Kafka did not acknowledge. The records are not at fault: the same ones can be sent again, later. */
export class ProduceError extends Error {
  readonly code: string
  /** Name of the broker's answer, where it gave one. */
  readonly apiId: string | undefined
  constructor(message: string, code = 'PLT_KFK_PRODUCE', apiId?: string) {
    super(message)
    this.name = 'ProduceError'
    this.code = code
    this.apiId = apiId
  }
}

/**
 * Some records are above the limit of the broker or the topic; sending those again is of no use. All others
 * that were sent with them are acknowledged.
 */
export class RecordTooLargeError extends Error {
  readonly code = 'RECORD_TOO_LARGE'
  readonly records: readonly OutgoingRecord[]
  constructor(records: readonly OutgoingRecord[]) {
    const topics = [...new Set(records.map(({ topic }) => topic))].join(', ')
    super(
      `${topics} takes none of ${records.length} records, which are too large: raise its max.message.bytes above that of the topic they come from`,
    )
    this.name = 'RecordTooLargeError'
    this.records = records
  }
}

/** Tells records that no broker will take from an outage; everything else that `send` throws is an outage. */
export function isRecordTooLarge(error: unknown): error is RecordTooLargeError {
  return error instanceof RecordTooLargeError
}

/** Whether the broker refused a request for its size, or that of a batch or a record in it. */
export function isTooLargeAnswer(error: unknown): boolean {
  const cause = lastCause(error)
  return cause instanceof ProtocolError && TOO_LARGE.has(apiIdOf(cause))
}

/**
 * What a failed request comes to. The library's own error lists every retry with its stack, hundreds of
 * kilobytes after a minute, so only the last cause is kept, shortened.
 */
export function produceError(error: unknown): ProduceError {
  const cause = lastCause(error)
  const text = cause instanceof Error ? cause.message.slice(0, MAX_CAUSE_CHARACTERS) : 'unknown'
  return new ProduceError(text, codeOf(error), cause instanceof ProtocolError ? apiIdOf(cause) : undefined)
}

function apiIdOf(answer: ProtocolError): string {
  return String(Reflect.get(answer, 'apiId'))
}

function lastCause(error: unknown): unknown {
  if (error instanceof MultipleErrors || error instanceof AggregateError) {
    const last: unknown = error.errors.at(-1)
    return last === undefined ? error : lastCause(last)
  }
  return error instanceof Error && error.cause !== undefined ? lastCause(error.cause) : error
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
