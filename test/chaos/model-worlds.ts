import type { Limits } from '../../chaos/checker/check.ts'
import type { Evidence, LedgerRow, Role } from '../../chaos/checker/evidence.ts'
import { LIMITS, row } from './made-up-evidence.ts'

/**
 * How a world of the executable model of the protocol ended, after a random schedule of crashes, zombies, lost
 * answers, restores, topics that were deleted and so on, under the rules as they are or with one taken away.
 */
export interface ModelWorld {
  /** `fixed`, or which rule was taken away. */
  readonly variant: string
  readonly seed: number
  /** What the model found wrong; null when nothing. */
  readonly said: string | null
  /** Digest alone of a record that is no order. */
  readonly acked: readonly (readonly [digest: string, uid?: string, content?: string])[]
  readonly orders: readonly (readonly [uid: string, content: string])[]
  readonly dlq: readonly (readonly [
    digest: string,
    errorType: string,
    topicId: number,
    partition: number,
    offset: number,
  ])[]
  readonly ledger: readonly (readonly [
    role: ModelRole,
    topicId: number,
    partition: number,
    origin: number,
    next: number,
    a: number,
    b: number,
    c: number,
    d: number,
    expired: number,
    absent: number,
    rewound: number,
  ])[]
  readonly topics: readonly (readonly [
    role: ModelRole,
    topicId: number,
    ranges: readonly (readonly [start: number, end: number])[],
  ])[]
  readonly looks: readonly (readonly [
    step: number,
    role: ModelRole,
    topicId: number,
    partition: number,
    committed: number,
    next: number | null,
  ])[]
  readonly resets: readonly (readonly [step: number, what: 'restored' | 'topic anew'])[]
  readonly settled: boolean
}

type ModelRole = 'o' | 'r' | 'd'

const ROLES: Readonly<Record<ModelRole, Role>> = { o: 'orders', r: 'retries', d: 'dead-letters' }

/** Steps of a schedule stand for milliseconds; what a step saw is exact. Records of the model fail on their own. */
export const MODEL_LIMITS: Limits = {
  ...LIMITS,
  nearResetMs: 0,
  retries: Infinity,
  setBackBeforeAnew: true,
}

export function evidenceOf(world: ModelWorld): Evidence {
  return {
    acknowledged: world.acked.map(([digest, uid, content]) =>
      uid === undefined || content === undefined
        ? { kind: 'invalid', digest }
        : { kind: 'valid', digest, uid, content },
    ),
    orders: world.orders.map(([uid, content]) => ({
      uid,
      claimed: content,
      content,
      deliveries: 1,
      payments: 1,
    })),
    orphans: { delivery: 0, payment: 0, items: 0 },
    deadLetters: world.dlq.map(([digest, errorType, topicId, sourcePartition, sourceOffset]) => ({
      entry: `${topicId}/${sourcePartition}/${sourceOffset}/${digest}`,
      digest,
      errorType,
      sourceTopicId: String(topicId),
      sourcePartition,
      sourceOffset,
    })),
    ledger: world.ledger.map(rowOf),
    topics: world.topics.map(([role, topicId, ranges]) => ({
      role: ROLES[role],
      group: role,
      topicId: String(topicId),
      ranges: ranges.map(([start, end]) => ({ start, end })),
    })),
    audit: { exitCode: 0, output: 'nobody asked' },
    looks: world.looks.map(([atMs, group, topicId, partition, committed, next]) => ({
      atMs,
      group,
      topicId: String(topicId),
      partition,
      committed,
      next: next ?? undefined,
    })),
    reads: [],
    instances: [],
    resets: world.resets.map(([atMs, what]) => ({ atMs, what })),
    troubles: [],
    settledAfterMs: world.settled ? 0 : undefined,
  }
}

/** What the model counts as a to d is another thing in each role. */
function rowOf([role, topicId, partition, ...figures]: ModelWorld['ledger'][number]): LedgerRow {
  const [origin, next, a, b, c, d, expired, absent, rewound] = figures
  const counts: Readonly<Record<ModelRole, Partial<LedgerRow>>> = {
    o: { stored: a, duplicates: b, retried: c, deadLettered: d },
    r: { forwarded: a, duplicates: b, deadLettered: d },
    d: { archived: a, duplicates: b, reopened: c },
  }
  return row(role, String(topicId), partition, { origin, next, expired, absent, rewound, ...counts[role] })
}
