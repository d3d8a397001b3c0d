import type { LedgerColumn } from '../../src/pipeline/ledger.ts'
import type { AuditedTopic, Reading, TopicReading } from '../../src/audit/reading.ts'
import type { LedgerEntry } from '../../src/postgres/audit-database.ts'

export const ORDERS_ID = '11111111-1111-4111-8111-111111111111'
export const RETRIES_ID = '22222222-2222-4222-8222-222222222222'
export const DEAD_LETTERS_ID = '33333333-3333-4333-8333-333333333333'
export const OLDER_ID = '00000000-0000-4000-8000-000000000000'

export const AUDITED: readonly AuditedTopic[] = [
  { role: 'orders', topic: 'orders', consumerGroup: 'g' },
  { role: 'retries', topic: 'orders_retry', consumerGroup: 'g-retries' },
  { role: 'dead-letters', topic: 'orders_dlq', consumerGroup: 'g-dead-letters' },
]

/** No record in any account. */
export const NOTHING: Readonly<Record<LedgerColumn, number>> = {
  stored: 0,
  duplicates: 0,
  retried: 0,
  dead_lettered: 0,
  forwarded: 0,
  archived: 0,
  reopened: 0,
  expired: 0,
  absent: 0,
  skipped: 0,
  rewound: 0,
}

/** A ledger row of partition 0 of `orders` that stands where its counts say, unless `changes` say otherwise. */
export function entry(
  counts: Partial<Record<LedgerColumn, number>>,
  changes: Partial<LedgerEntry> = {},
): LedgerEntry {
  const all = { ...NOTHING, ...counts }
  const sum = Object.values(all).reduce((total, count) => total + count, 0) - 2 * all.rewound
  const row = { consumerGroup: 'g', topic: 'orders', topicId: ORDERS_ID, partition: 0, origin: 0, ...changes }
  const nextOffset = changes.nextOffset ?? row.origin + sum
  return {
    ahead: [],
    expiredAcknowledged: 0,
    version: 1,
    seenEnd: nextOffset,
    ...row,
    counts: all,
    nextOffset,
  }
}

export function retryEntry(
  counts: Partial<Record<LedgerColumn, number>>,
  changes: Partial<LedgerEntry> = {},
): LedgerEntry {
  return entry(counts, {
    consumerGroup: 'g-retries',
    topic: 'orders_retry',
    topicId: RETRIES_ID,
    ...changes,
  })
}

export function deadLetterEntry(
  counts: Partial<Record<LedgerColumn, number>>,
  changes: Partial<LedgerEntry> = {},
): LedgerEntry {
  return entry(counts, {
    consumerGroup: 'g-dead-letters',
    topic: 'orders_dlq',
    topicId: DEAD_LETTERS_ID,
    ...changes,
  })
}

/** One partition each, from `[start, end]`. */
export function topics(
  orders: readonly [number, number],
  deadLetters: readonly [number, number] = [0, 0],
  retries: readonly [number, number] = [0, 0],
): TopicReading[] {
  const ids = [ORDERS_ID, RETRIES_ID, DEAD_LETTERS_ID]
  const logs = [orders, retries, deadLetters]
  return AUDITED.map((audited, index) => {
    const [start, end] = logs[index] ?? [0, 0]
    return { ...audited, topicId: ids[index], partitions: [{ partition: 0, start, end }] }
  })
}

/** 10 records: 7 stored, 1 duplicate, 2 dead letters, which are archived. */
export function balancedReading(): Reading {
  return {
    topics: topics([0, 10], [0, 2]),
    ledger: [entry({ stored: 7, duplicates: 1, dead_lettered: 2 }), deadLetterEntry({ archived: 2 })],
    orders: 7,
    deadLetters: 2,
    brokenOrders: [],
  }
}
