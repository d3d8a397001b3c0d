import assert from 'node:assert/strict'
import type { Limits } from '../../chaos/checker/check.ts'
import type {
  Acknowledged,
  ArchivedDeadLetter,
  Evidence,
  InstanceLife,
  LedgerRow,
  OffsetLook,
  Read,
} from '../../chaos/checker/evidence.ts'

export const LIMITS: Limits = {
  settleMs: 60_000,
  drainMs: 10_000,
  peakResidentBytes: 400_000_000,
  retries: 0,
  nearResetMs: 1_000,
  retention: false,
}

const ORDERS = 'orders-id'
const RETRIES = 'retries-id'
const DEAD_LETTERS = 'dead-letters-id'

export function row(
  group: string,
  topicId: string,
  partition: number,
  counts: Partial<LedgerRow>,
): LedgerRow {
  return {
    group,
    topicId,
    partition,
    origin: 0,
    next: 0,
    stored: 0,
    duplicates: 0,
    retried: 0,
    deadLettered: 0,
    forwarded: 0,
    archived: 0,
    reopened: 0,
    expired: 0,
    absent: 0,
    skipped: 0,
    rewound: 0,
    ...counts,
  }
}

const ACKNOWLEDGED: readonly Acknowledged[] = [
  { kind: 'valid', digest: 'apple', uid: 'a', content: 'A' },
  { kind: 'valid', digest: 'berry', uid: 'b', content: 'B' },
  { kind: 'duplicate', digest: 'apple-spelled-otherwise', uid: 'a', content: 'A' },
  { kind: 'conflict', digest: 'other-apple', uid: 'a', content: 'A2' },
  { kind: 'invalid', digest: 'stone' },
  // Twice the same bytes are two records.
  { kind: 'hostile', digest: 'bomb' },
  { kind: 'hostile', digest: 'bomb' },
]

function deadLetter(digest: string, errorType: string, sourcePartition: number, sourceOffset: number) {
  const entry = `entry-${sourcePartition}-${sourceOffset}`
  return { entry, digest, errorType, sourceTopicId: ORDERS, sourcePartition, sourceOffset }
}

const DEAD_LETTERS_ARCHIVED: readonly ArchivedDeadLetter[] = [
  deadLetter('other-apple', 'conflict', 0, 3),
  deadLetter('stone', 'invalid_order', 1, 0),
  deadLetter('bomb', 'malformed_json', 1, 1),
  deadLetter('bomb', 'malformed_json', 1, 2),
]

const LEDGER: readonly LedgerRow[] = [
  row('g', ORDERS, 0, { next: 4, stored: 2, duplicates: 1, deadLettered: 1 }),
  row('g', ORDERS, 1, { next: 3, deadLettered: 3 }),
  row('g-retries', RETRIES, 0, {}),
  row('g-dead-letters', DEAD_LETTERS, 0, { next: 4, archived: 4 }),
]

export function read(uid: string, atMs: number, answer: Partial<Read>): Read {
  return { uid, atMs, instance: 'instance 1', status: 200, ...answer }
}

export function look(atMs: number, committed: number, next: number | undefined): OffsetLook {
  return { atMs, group: 'g', topicId: ORDERS, partition: 0, committed, next }
}

function life(metrics: Readonly<Record<string, number>>): InstanceLife {
  return { startedAtMs: 0, peakResidentBytes: 200_000_000, metrics }
}

/** A small run in which all is well: seven records in two partitions, one of them a conflict, three bad. */
export function goodEvidence(): Evidence {
  return {
    acknowledged: ACKNOWLEDGED,
    orders: [
      { uid: 'a', claimed: 'A', content: 'A', deliveries: 1, payments: 1 },
      { uid: 'b', claimed: 'B', content: 'B', deliveries: 1, payments: 1 },
    ],
    orphans: { delivery: 0, payment: 0, items: 0 },
    deadLetters: DEAD_LETTERS_ARCHIVED,
    ledger: LEDGER,
    topics: [
      {
        role: 'orders',
        group: 'g',
        topicId: ORDERS,
        ranges: [
          { start: 0, end: 4 },
          { start: 0, end: 3 },
        ],
      },
      { role: 'retries', group: 'g-retries', topicId: RETRIES, ranges: [{ start: 0, end: 0 }] },
      {
        role: 'dead-letters',
        group: 'g-dead-letters',
        topicId: DEAD_LETTERS,
        ranges: [{ start: 0, end: 4 }],
      },
    ],
    audit: { exitCode: 0, output: 'balanced' },
    looks: [look(1_000, 0, undefined), look(2_000, 2, 3), look(3_000, 4, 4)],
    reads: [
      read('a', 500, { status: 404 }),
      read('a', 1_000, { status: 'failed' }),
      read('a', 1_500, { body: 'A', stored: true }),
      read('a', 2_000, { body: 'A' }),
      read('b', 2_500, { status: 503 }),
    ],
    instances: [
      {
        name: 'instance 1',
        lives: [
          life({
            orders_processed_total: 2,
            orders_retry_total: 0,
            orders_dlq_total: 4,
            orders_unaccounted_records: 0,
            'orders_records_total{outcome="stored"}': 2,
            'orders_records_total{outcome="retried"}': 0,
            'orders_records_total{outcome="dead_lettered"}': 4,
            'orders_records_total{outcome="duplicates"}': 1,
          }),
        ],
      },
      {
        name: 'instance 2',
        lives: [
          life({
            orders_processed_total: 0,
            orders_retry_total: 0,
            orders_dlq_total: 0,
            'orders_records_total{outcome="stored"}': 0,
            'orders_records_total{outcome="retried"}': 0,
            'orders_records_total{outcome="dead_lettered"}': 0,
            'orders_records_total{outcome="archived"}': 4,
          }),
        ],
      },
    ],
    resets: [],
    troubles: [],
    settledAfterMs: 4_000,
  }
}

/** What is wrong with otherwise good evidence, by the check that has to say so, among others that may. */
export type Wrong = Readonly<Record<string, Readonly<Record<string, Change>>>>
export type Change = (good: Evidence) => Partial<Evidence>

export function without<T>(all: readonly T[], index: number): T[] {
  return all.toSpliced(index, 1)
}

export function replaced<T>(all: readonly T[], index: number, part: Partial<T>): T[] {
  return all.map((one, at) => (at === index ? { ...one, ...part } : one))
}

export function withLife(good: Evidence, part: Partial<InstanceLife>): Partial<Evidence> {
  const [first, ...others] = good.instances
  assert.ok(first)
  return { instances: [{ ...first, lives: replaced(first.lives, 0, part) }, ...others] }
}

export function withMetric(good: Evidence, name: string, value: number): Partial<Evidence> {
  const metrics = good.instances[0]?.lives[0]?.metrics
  return withLife(good, { metrics: { ...metrics, [name]: value } })
}
