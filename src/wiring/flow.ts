import type { WarmUpProgress } from '../cache/warm-up.ts'
import type { CacheStats } from '../cache/order-cache.ts'
import type { Flow } from '../http/contract/flow.ts'
import { DEPENDENCY_OF } from '../pipeline/circuit.ts'
import { lagRecords, lagSeconds } from '../pipeline/lag.ts'
import type { PartitionStatus } from '../pipeline/partition-events.ts'
import type { RunningRole } from '../pipeline/role.ts'
import type { BooksSummary } from '../postgres/books.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { headroomSeconds, type WatchedRetention } from './watch-retention.ts'

export interface FlowSources {
  readonly instance: string
  readonly version: string
  readonly ready: () => boolean
  readonly roles: readonly { readonly name: RoleName; readonly role: RunningRole }[]
  readonly metrics: Metrics
  /** Undefined while the database is away. */
  readonly books: () => BooksSummary | undefined
  readonly retention: Pick<WatchedRetention, 'of'>
  readonly cache: () => CacheStats
  readonly warmUp: () => WarmUpProgress
}

type RoleName = Flow['partitions'][number]['role']

/** How things stand, from the same counters as the metrics. */
export function createFlow(sources: FlowSources): () => Promise<Flow> {
  const failures = watchFailures(sources.metrics)
  return async () => {
    const { instance, version, ready, roles, metrics, books, retention, cache, warmUp } = sources
    const nowMs = Date.now()
    const partitions = roles.flatMap(({ name, role }) =>
      role.status().map((status) => ({ role: name, topic: role.topic, status })),
    )
    const { maxBytes, ...stats } = cache()
    return {
      at: new Date(nowMs).toISOString(),
      instance,
      version,
      ready: ready(),
      counters: await countersOf(metrics),
      latency: await latencyOf(metrics),
      books: booksOf(books()),
      lag: {
        records: partitions.reduce((sum, { status }) => sum + lagRecords(status), 0),
        seconds: Math.max(0, ...partitions.map(({ status }) => lagSeconds(status, nowMs))),
        headroom_seconds: leastHeadroom(partitions, retention, nowMs),
      },
      partitions: partitions.map(({ role, topic, status }) => ({
        role,
        topic,
        partition: status.partition,
        state: status.state,
        reason: status.reason ?? null,
        next_offset: status.nextOffset,
        log_end: status.logEnd,
        lag: lagRecords(status),
      })),
      circuits: circuitsOf(partitions.map(({ status }) => status)),
      cache: { max_bytes: maxBytes, ...stats, warm_up: warmUp() },
      failures: await failures(nowMs),
    }
  }
}

/** Of those that are behind; null when nothing waits that its age may delete. */
function leastHeadroom(
  partitions: readonly { readonly topic: string; readonly status: PartitionStatus }[],
  retention: Pick<WatchedRetention, 'of'>,
  nowMs: number,
): number | null {
  const all = partitions.flatMap(({ topic, status }) => {
    const ms = retention.of(topic)
    return ms === undefined || lagRecords(status) === 0 ? [] : [headroomSeconds(status, ms, nowMs)]
  })
  return all.length === 0 ? null : Math.max(0, Math.min(...all))
}

async function countersOf(metrics: Metrics): Promise<Flow['counters']> {
  const { values } = await metrics.records.get()
  const of = (outcome: string): number => values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0
  return {
    stored: of('stored'),
    duplicates: of('duplicates'),
    retried: of('retried'),
    dead_lettered: of('dead_lettered'),
    forwarded: of('forwarded'),
    archived: of('archived'),
    expired: of('expired'),
  }
}

async function latencyOf(metrics: Metrics): Promise<Flow['latency']> {
  const { values } = await metrics.produceToStoredSeconds.get()
  return values.flatMap(({ labels, value }) => {
    // The library adds this label to the buckets, and its types don't know of it.
    const { le } = labels as { readonly le?: number | string }
    if (le === undefined) return []
    const seconds = Number(le)
    return [{ seconds: Number.isFinite(seconds) ? seconds : null, count: value }]
  })
}

function booksOf(books: BooksSummary | undefined): Flow['books'] {
  if (books === undefined) return null
  const { records, unaccounted, openDeadLetters, retrying, expired } = books
  return { records, unaccounted, open_dead_letters: openDeadLetters, retrying, expired }
}

function circuitsOf(statuses: readonly PartitionStatus[]): Flow['circuits'] {
  const open = new Set(
    statuses.flatMap(({ state, reason }) =>
      state === 'held' && reason !== undefined ? [DEPENDENCY_OF[reason]] : [],
    ),
  )
  return {
    database: open.has('database') ? 'open' : 'closed',
    kafka: open.has('kafka') ? 'open' : 'closed',
  }
}

/** Failures by type; when the last one came is known as exactly as this is asked. */
function watchFailures(metrics: Metrics): (nowMs: number) => Promise<Flow['failures']> {
  const known = new Map<string, { count: number; atMs: number }>()
  return async (nowMs) => {
    const { values } = await metrics.errors.get()
    for (const { labels, value } of values) {
      const type = String(labels.type)
      if (value > (known.get(type)?.count ?? 0)) known.set(type, { count: value, atMs: nowMs })
    }
    return [...known]
      .toSorted(([, a], [, b]) => b.atMs - a.atMs)
      .map(([type, { count, atMs }]) => ({ type, count, last_at: new Date(atMs).toISOString() }))
  }
}
