import { isUtf8 } from 'node:buffer'
import type { Header, SourceRecord } from './record.ts'
import type { ErrorType, PermanentFailure, Stage } from './failure.ts'

/**
 * Every header that is ours. They are replaced, never appended, so a record stays as large as it is over
 * any number of hops; every other header passes byte for byte, in its order.
 */
export const OUR_HEADERS = [
  'retry',
  'retry-not-before',
  'first-failed-at',
  'error_type',
  'error_message',
  'error_stage',
  'source-topic',
  'source-topic-id',
  'source-partition',
  'source-offset',
  'replay-of',
  'traceparent',
] as const
export type OurHeader = (typeof OUR_HEADERS)[number]

const OURS: ReadonlyMap<string, OurHeader> = new Map(OUR_HEADERS.map((name) => [name, name]))
const LONGEST_NAME = Math.max(...OUR_HEADERS.map((name) => name.length))
const MAX_MESSAGE_CHARACTERS = 1_000
/** More digits than `retry` can have would not be read again, and the record would start from 0. */
const MAX_RETRIES = 999_999

/** The record in `orders` that failed. */
export interface SourceCoordinates {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

/** What our headers said, as far as they could be trusted to mean anything. */
export interface ParsedHeaders {
  /** Retries so far. */
  readonly retry: number
  /** When it may be tried again, in ms since the epoch. */
  readonly notBeforeMs: number | undefined
  readonly firstFailedAtMs: number | undefined
  readonly errorType: string | undefined
  readonly errorMessage: string | undefined
  readonly errorStage: string | undefined
  readonly source: SourceCoordinates | undefined
  readonly replayOf: string | undefined
  readonly traceparent: string | undefined
  /** Ours by name, but not in the form we write: ignored, counted, never trusted. */
  readonly malformed: number
}

const RETRY = Buffer.from('retry')
const ZERO = Buffer.from('0')
const NOTHING_SAID: ParsedHeaders = {
  retry: 0,
  notBeforeMs: undefined,
  firstFailedAtMs: undefined,
  errorType: undefined,
  errorMessage: undefined,
  errorStage: undefined,
  source: undefined,
  replayOf: undefined,
  traceparent: undefined,
  malformed: 0,
}

const TOKEN = /^[A-Za-z0-9._-]{1,128}$/
const PARSERS: Readonly<Record<OurHeader, RegExp>> = {
  retry: /^(0|[1-9]\d{0,5})$/,
  'retry-not-before': /^\d{1,15}$/,
  'first-failed-at': /^\d{1,15}$/,
  error_type: /^[a-z0-9_]{1,64}$/,
  // oxlint-disable-next-line eslint/no-control-regex -- a NUL can't be stored in a text column
  error_message: /^[^\u0000]{0,1000}$/su,
  error_stage: /^[a-z_]{1,64}$/,
  'source-topic': /^[A-Za-z0-9._-]{1,249}$/,
  'source-topic-id': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'source-partition': /^\d{1,9}$/,
  'source-offset': /^\d{1,15}$/,
  'replay-of': TOKEN,
  traceparent: /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
}

function ourName(name: Buffer | null): OurHeader | undefined {
  if (name === null || name.length > LONGEST_NAME) return undefined
  return OURS.get(name.toString('latin1'))
}

/** Reads ours strictly; a name that stands twice counts as malformed from its second time on. */
export function parseHeaders(headers: readonly Header[]): ParsedHeaders {
  if (headers.length === 0 || isFirstAttempt(headers)) return NOTHING_SAID
  const found: Partial<Record<OurHeader, string>> = {}
  let malformed = 0
  for (const [name, value] of headers) {
    const ours = ourName(name)
    if (ours === undefined) continue
    const text = value !== null && value.length <= 4096 && isUtf8(value) ? value.toString('utf8') : undefined
    if (text === undefined || found[ours] !== undefined || !PARSERS[ours].test(text)) malformed++
    else found[ours] = text
  }
  return {
    retry: Number(found.retry ?? 0),
    notBeforeMs: toNumber(found['retry-not-before']),
    firstFailedAtMs: toNumber(found['first-failed-at']),
    errorType: found.error_type,
    errorMessage: found.error_message,
    errorStage: found.error_stage,
    source: sourceOf(found),
    replayOf: found['replay-of'],
    traceparent: found.traceparent,
    malformed,
  }
}

function toNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** What a producer of orders writes, and nothing else: nearly every record looks like this. */
function isFirstAttempt(headers: readonly Header[]): boolean {
  const [[name, value] = []] = headers
  return headers.length === 1 && name?.equals(RETRY) === true && value?.equals(ZERO) === true
}

function sourceOf(found: Partial<Record<OurHeader, string>>): SourceCoordinates | undefined {
  const topic = found['source-topic']
  const topicId = found['source-topic-id']
  const partition = found['source-partition']
  const offset = found['source-offset']
  if (topic === undefined || topicId === undefined || partition === undefined || offset === undefined)
    return undefined
  return { topic, topicId, partition: Number(partition), offset: Number(offset) }
}

/** The headers that others wrote, byte for byte and in order. */
export function foreignHeaders(headers: readonly Header[]): Header[] {
  return headers.filter(([name]) => ourName(name) === undefined)
}

/** Ours, to be written in place of whatever stands under these names. */
type Ours = { readonly [N in OurHeader]?: string | undefined }

/** Why a record failed, for people and programs; the message never quotes the payload. */
interface Cause {
  readonly type: ErrorType
  readonly stage: Stage
  readonly message: string
}

/** Headers of the dead letter that `record` becomes. `nowMs` is its first failure unless it failed before. */
export function deadLetterHeaders(
  record: SourceRecord,
  topicId: string,
  parsed: ParsedHeaders,
  failure: PermanentFailure,
  nowMs: number,
): Header[] {
  return replaceOurs(record, failedHeaders(record, topicId, parsed, failure, nowMs))
}

/**
 * Headers with which a record of `orders` goes to the retry topic. `retry` stays what it is: the retry role
 * counts when it sends the record back, so a record that is produced twice in a crash counts once.
 */
export function retryHeaders(
  record: SourceRecord,
  topicId: string,
  parsed: ParsedHeaders,
  failure: Cause,
  times: { readonly nowMs: number; readonly notBeforeMs: number },
): Header[] {
  return replaceOurs(record, {
    ...failedHeaders(record, topicId, parsed, failure, times.nowMs),
    'retry-not-before': String(Math.round(times.notBeforeMs)),
  })
}

/**
 * Headers with which the retry role sends a record back to `orders`: one retry more, nothing to wait for.
 * Where it failed first and why last stay beside it, so that the topic tells its story.
 */
export function forwardHeaders(record: SourceRecord, parsed: ParsedHeaders): Header[] {
  return replaceOurs(record, {
    ...keptHeaders(parsed),
    retry: String(Math.min(parsed.retry + 1, MAX_RETRIES)),
    error_type: parsed.errorType,
    error_message: parsed.errorMessage,
    error_stage: parsed.errorStage,
    ...(parsed.source && sourceHeaders(parsed.source)),
  })
}

function failedHeaders(
  record: SourceRecord,
  topicId: string,
  parsed: ParsedHeaders,
  failure: Cause,
  nowMs: number,
): Ours {
  const { topic, partition, offset } = record
  return {
    ...keptHeaders(parsed),
    retry: String(parsed.retry),
    'first-failed-at': String(parsed.firstFailedAtMs ?? Math.round(nowMs)),
    error_type: failure.type,
    error_message: truncate(failure.message),
    error_stage: failure.stage,
    ...sourceHeaders({ topic, topicId, partition, offset }),
  }
}

/** What a record keeps from its first hop to its last. */
function keptHeaders({ firstFailedAtMs, replayOf, traceparent }: ParsedHeaders): Ours {
  return {
    'first-failed-at': firstFailedAtMs === undefined ? undefined : String(firstFailedAtMs),
    'replay-of': replayOf,
    traceparent,
  }
}

function sourceHeaders({ topic, topicId, partition, offset }: SourceCoordinates): Ours {
  return {
    'source-topic': topic,
    'source-topic-id': topicId,
    'source-partition': String(partition),
    'source-offset': String(offset),
  }
}

/** Foreign headers first and as they came, then ours in one order. */
function replaceOurs(record: SourceRecord, ours: Ours): Header[] {
  const headers = foreignHeaders(record.headers)
  for (const name of OUR_HEADERS) {
    const value = ours[name]
    if (value !== undefined) headers.push([Buffer.from(name), Buffer.from(value)])
  }
  return headers
}

function truncate(message: string): string {
  return message.length <= MAX_MESSAGE_CHARACTERS
    ? message
    : message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()
}
