import { DEPENDENCY_OF } from '../pipeline/circuit.ts'
import type { HoldReason } from '../pipeline/failure.ts'
import { lagRecords, lagSeconds } from '../pipeline/lag.ts'
import type { PartitionStatus } from '../pipeline/partition-events.ts'
import type { RunningRole } from '../pipeline/role.ts'
import type { WaitingFigures } from '../pipeline/waiting-records.ts'
import type { BooksSummary } from '../postgres/books.ts'
import { CIRCUITS } from '../telemetry/labels.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Readiness } from '../http/probe-routes.ts'
import { headroomSeconds, type WatchedRetention } from './watch-retention.ts'

/** Gauges that show how partitions stand; set just before the metrics are read. */
export function showPartitions(
  roles: readonly RunningRole[],
  retention: Pick<WatchedRetention, 'of'>,
  metrics: Metrics,
  nowMs: number,
): void {
  metrics.lagRecords.reset()
  metrics.lagSeconds.reset()
  metrics.retentionSeconds.reset()
  metrics.retentionHeadroomSeconds.reset()
  for (const reason of Object.keys(ALL_REASONS)) metrics.heldPartitions.set({ reason }, 0)
  for (const dependency of CIRCUITS) metrics.circuit.set({ dependency }, 0)
  const statuses = roles.flatMap((role) => role.status().map((one) => ({ topic: role.topic, status: one })))
  let diverged = 0
  for (const { topic, status } of statuses) {
    showLag(topic, status, metrics, nowMs)
    showHeadroom(topic, status, retention.of(topic), metrics, nowMs)
    if (status.state !== 'held' || status.reason === undefined) continue
    metrics.heldPartitions.inc({ reason: status.reason })
    const dependency = DEPENDENCY_OF[status.reason]
    if (dependency !== undefined) metrics.circuit.set({ dependency }, 1)
    if (status.reason === 'log_diverged') diverged++
  }
  metrics.logDiverged.set(diverged)
}

/** Set just before the metrics are read. */
export function showWaiting({ records, bytes, notHeld }: WaitingFigures, metrics: Metrics): void {
  metrics.waitingRetries.set(records)
  metrics.waitingRetriesBytes.set(bytes)
  metrics.waitingRetriesNotHeld.set(notHeld)
}

function showLag(topic: string, status: PartitionStatus, metrics: Metrics, nowMs: number): void {
  // Before the first look at the ledger nothing is known.
  if (status.topicId === '') return
  const labels = { topic, partition: String(status.partition) }
  metrics.lagRecords.set(labels, lagRecords(status))
  metrics.lagSeconds.set(labels, lagSeconds(status, nowMs))
}

function showHeadroom(
  topic: string,
  status: PartitionStatus,
  retentionMs: number | undefined,
  metrics: Metrics,
  nowMs: number,
): void {
  if (retentionMs === undefined || status.topicId === '') return
  metrics.retentionSeconds.set({ topic }, retentionMs / 1000)
  const labels = { topic, partition: String(status.partition) }
  metrics.retentionHeadroomSeconds.set(labels, headroomSeconds(status, retentionMs, nowMs))
}

const ALL_REASONS: Readonly<Record<HoldReason, true>> = {
  database_unreachable: true,
  database_busy: true,
  database_refuses: true,
  schema_mismatch: true,
  access_denied: true,
  failure_flood: true,
  broker_unreachable: true,
  log_diverged: true,
  topic_missing: true,
  unreadable: true,
  unclassified: true,
}

/** Time that partitions stood still since the last call, by reason. */
export function countHeldSeconds(roles: readonly RunningRole[], metrics: Metrics, seconds: number): void {
  for (const { state, reason } of roles.flatMap((role) => role.status())) {
    if (state === 'held' && reason !== undefined) metrics.heldSeconds.inc({ reason }, seconds)
  }
}

export function showBooks(books: BooksSummary, metrics: Metrics): void {
  metrics.unaccounted.set(books.unaccounted)
  metrics.openDeadLetters.set(books.openDeadLetters)
  metrics.oldestOpenDeadLetterSeconds.set(books.oldestOpenDeadLetterSeconds)
}

/**
 * Ready: not draining, joined, and no partition is held. A role without partitions is ready too: with
 * more instances than partitions, some have none.
 */
export function readinessOf(roles: readonly RunningRole[], draining: boolean): Readiness {
  const checks: Record<string, { ok: boolean; detail: string }> = {
    draining: { ok: !draining, detail: draining ? 'this instance is stopping' : 'no' },
  }
  for (const dependency of CIRCUITS) {
    const waiting = roles.flatMap((role) => role.status()).filter((status) => waitsFor(status, dependency))
    checks[dependency] = {
      ok: waiting.length === 0,
      detail: waiting.length === 0 ? 'no partition waits for it' : `${waiting.length} partitions wait for it`,
    }
  }
  for (const role of roles) {
    const statuses = role.status()
    const held = statuses.filter(({ state }) => state === 'held')
    checks[role.consumerGroup] = {
      ok: role.joined() && held.length === 0,
      detail: describe(role, statuses, held),
    }
  }
  return { ready: Object.values(checks).every(({ ok }) => ok), checks }
}

function waitsFor({ state, reason }: PartitionStatus, dependency: string): boolean {
  return state === 'held' && reason !== undefined && DEPENDENCY_OF[reason] === dependency
}

function describe(
  role: RunningRole,
  statuses: readonly PartitionStatus[],
  held: readonly PartitionStatus[],
): string {
  if (!role.joined()) return 'waiting for the consumer group'
  if (held.length === 0) return `${statuses.length} partitions of ${role.topic} on this instance`
  return held.map(({ partition, reason }) => `${role.topic}-${partition}: ${reason}`).join(', ')
}
