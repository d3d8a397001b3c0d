import { HoldPartition, type RecordFailure } from './failure.ts'
import { deadLetterHeaders, forwardHeaders, parseHeaders, type SourceCoordinates } from './headers.ts'
import type { OutgoingRecord, SourceRecord } from './record.ts'
import type { Clock } from './retry-due.ts'
import { exhausted } from './route.ts'

/** What becomes of a record that is due. */
export interface DueRecord {
  readonly record: SourceRecord
  readonly as: 'forwarded' | 'dead_lettered'
  readonly outgoing: OutgoingRecord
  /** Of a dead letter: the record in `orders` that failed, and why it is one. */
  readonly source: SourceCoordinates
  readonly failure: RecordFailure | undefined
  readonly malformedHeaders: number
}

export interface RetryTopics {
  readonly orders: string
  readonly deadLetters: string
}

export interface RetrySending {
  readonly topics: RetryTopics
  /** A record that was tried again so often goes to the dead letters. */
  readonly maxRetries: number
  /**
   * Resolves when every in-sync replica has them, but those that it returns, which are too large; throws
   * when that is not known to be so.
   */
  readonly produce: (records: readonly OutgoingRecord[]) => Promise<readonly OutgoingRecord[]>
  readonly clock: Clock
}

/** Sends records on their way. Resolves to what became of each when Kafka has acknowledged all of them. */
export async function sendDue(
  { topics, maxRetries, produce, clock }: RetrySending,
  topicId: string,
  due: readonly SourceRecord[],
): Promise<DueRecord[]> {
  const nowMs = clock.wallMs()
  const routed = due.map((record) => routeDue(record, topicId, topics, maxRetries, nowMs))
  const refused = new Set(await produce(routed.map(({ outgoing }) => outgoing)))
  if (refused.size === 0) return routed
  const tooLarge = (one: DueRecord): DueRecord =>
    refused.has(one.outgoing) ? routeTooLarge(one, topicId, topics, nowMs) : one
  const sent = routed.map(tooLarge)
  const letters = sent.filter((one, at) => one !== routed[at]).map(({ outgoing }) => outgoing)
  if ((await produce(letters)).length > 0) {
    const advice = `raise its max.message.bytes`
    throw new HoldPartition(
      'unclassified',
      `a dead letter is larger than ${topics.deadLetters} takes; ${advice}`,
    )
  }
  return sent
}

/** Back to `orders` with one retry more, or to the dead letters when it had all of them. Pure. */
export function routeDue(
  record: SourceRecord,
  topicId: string,
  topics: RetryTopics,
  maxRetries: number,
  nowMs: number,
): DueRecord {
  const parsed = parseHeaders(record.headers)
  if (parsed.retry >= maxRetries) {
    const attempts = parsed.retry + 1
    const failure = exhausted(attempts, `${parsed.errorType ?? 'unclassified'}: ${parsed.errorMessage ?? ''}`)
    return deadLetter(record, topicId, topics, failure, nowMs)
  }
  const { key, value } = record
  return {
    record,
    as: 'forwarded',
    outgoing: { topic: topics.orders, key, value, headers: forwardHeaders(record, parsed) },
    source: sourceOf(record, topicId, parsed.source),
    failure: undefined,
    malformedHeaders: parsed.malformed,
  }
}

/** For a record that `orders` does not take with our headers, so that it can't be tried again. */
function routeTooLarge(
  { record }: DueRecord,
  topicId: string,
  topics: RetryTopics,
  nowMs: number,
): DueRecord {
  const message = `larger than ${topics.orders} takes, so it can't be tried again`
  return deadLetter(record, topicId, topics, { type: 'too_large', stage: 'store', message }, nowMs)
}

function deadLetter(
  record: SourceRecord,
  topicId: string,
  topics: RetryTopics,
  failure: RecordFailure,
  nowMs: number,
): DueRecord {
  const parsed = parseHeaders(record.headers)
  const source = sourceOf(record, topicId, parsed.source)
  // The dead letter is that of the record in `orders`; somebody else's record is known by where it lies.
  const origin = { ...record, topic: source.topic, partition: source.partition, offset: source.offset }
  return {
    record,
    as: 'dead_lettered',
    outgoing: {
      topic: topics.deadLetters,
      key: record.key,
      value: record.value,
      headers: deadLetterHeaders(origin, source.topicId, parsed, failure, nowMs),
    },
    source,
    failure,
    malformedHeaders: parsed.malformed,
  }
}

function sourceOf(
  { topic, partition, offset }: SourceRecord,
  topicId: string,
  source: SourceCoordinates | undefined,
): SourceCoordinates {
  return source ?? { topic, topicId, partition, offset }
}
