import type { RecordFailure } from './failure.ts'
import { deadLetterHeaders, retryHeaders } from './headers.ts'
import type { LedgerKey } from './ledger.ts'
import type { DeadLetter, OrdersRoleOptions, PreparedOrder, Retry } from './orders-role.ts'
import type { OutgoingRecord } from './record.ts'

/** Of the records that no database need be asked about. */
export function produceInvalid(
  options: OrdersRoleOptions,
  items: readonly PreparedOrder[],
  source: LedgerKey,
): Promise<void> {
  const letters = items.flatMap((item) =>
    item.failure === undefined ? [] : [toDeadLetter(options, item, item.failure, source)],
  )
  const produced = produce(options, letters)
  // When the database refuses the batch first, nobody is left to hear of it.
  produced.catch(() => {})
  return produced
}

async function produce(
  { produce: send }: OrdersRoleOptions,
  records: readonly OutgoingRecord[],
): Promise<void> {
  if (records.length > 0) await send(records)
}

/** Of those that passed, and then could not be stored; acknowledged when it resolves. */
export async function produceRefused(
  options: OrdersRoleOptions,
  deadLetters: readonly DeadLetter[],
  retries: readonly Retry[],
  source: LedgerKey,
): Promise<void> {
  const letters = deadLetters
    .filter(({ item }) => item.failure === undefined)
    .map(({ item, failure }) => toDeadLetter(options, item, failure, source))
  await produce(options, [...letters, ...retries.map((retry) => toRetry(options, retry, source))])
}

function toDeadLetter(
  options: OrdersRoleOptions,
  { record, headers }: PreparedOrder,
  failure: RecordFailure,
  source: LedgerKey,
): OutgoingRecord {
  return {
    topic: options.deadLetterTopic,
    key: record.key,
    value: record.value,
    headers: deadLetterHeaders(record, source.topicId, headers, failure, options.now()),
  }
}

function toRetry(
  options: OrdersRoleOptions,
  { item, failure, notBeforeMs }: Retry,
  { topicId }: LedgerKey,
): OutgoingRecord {
  const { record, headers } = item
  return {
    topic: options.retryTopic,
    key: record.key,
    value: record.value,
    headers: retryHeaders(record, topicId, headers, failure, { nowMs: options.now(), notBeforeMs }),
  }
}
