import type { KafkaSettings } from '../kafka/client.ts'
import type { Cluster } from '../kafka/cluster.ts'
import { FetchLoop } from '../kafka/fetch-loop.ts'
import { logOf } from '../kafka/log.ts'
import { openMembership } from '../kafka/membership.ts'
import { backoffMs } from '../pipeline/backoff.ts'
import type { Counts } from '../pipeline/ledger.ts'
import type { RoleOptions } from '../pipeline/role.ts'
import type { Pool, PoolClient } from '../postgres/database.ts'
import { postgresLedger } from '../postgres/ledger.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Circuits } from './circuits.ts'
import { partitionEvents } from './partition-events.ts'
import type { Progress } from './progress.ts'
import { timed } from './timed.ts'

/** How often a partition without traffic looks whether its ledger row still stands where it left it. */
const IDLE_CHECK_MS = 5_000
const WATCH_MS = 5_000
const REJOIN_BASE_MS = 250
const REJOIN_CAP_MS = 5_000

/** Everything that a role needs besides its work and its limits. */
export type RoleParts<Transaction> = Omit<
  RoleOptions<Transaction, never, { readonly counts: Counts }>,
  'work' | 'limits'
>

export interface RoleFoundation {
  readonly kafka: KafkaSettings
  readonly cluster: Cluster
  readonly pool: Pool
  readonly circuits: Circuits
  readonly instanceId: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly progress: Progress
}

/** Everything that a role needs besides its books, its work and its limits. */
export type ReadingParts = Omit<RoleParts<never>, 'ledger'>

/** Opens the reading side of one role. What it opens is closed with `scope`. */
export function openReadingParts(
  { kafka, cluster, circuits, instanceId, log, metrics, progress }: RoleFoundation,
  consumerGroup: string,
  topic: string,
  scope: AsyncDisposableStack,
): ReadingParts {
  const trouble = (error: unknown): void => log.warn('kafka_client_error', { consumerGroup, topic, error })
  const fetchLoop = scope.use(new FetchLoop(kafka, trouble))
  const membership = openMembership(kafka, consumerGroup, topic, rejoinDelayMs, trouble)
  return {
    consumerGroup,
    topic,
    instanceId,
    membership,
    log: logOf(cluster, fetchLoop, membership),
    events: partitionEvents(log, metrics, progress),
    circuits,
    idleCheckMs: IDLE_CHECK_MS,
    watchMs: WATCH_MS,
    random: Math.random,
  }
}

/** Opens the reading side and the books of one role. What it opens is closed with `scope`. */
export function openRoleParts<Transaction>(
  foundation: RoleFoundation,
  consumerGroup: string,
  topic: string,
  bind: (client: PoolClient, violations: number) => Transaction,
  scope: AsyncDisposableStack,
): RoleParts<Transaction> {
  const { pool, instanceId, metrics } = foundation
  const ledger = postgresLedger(pool, instanceId, bind)
  return {
    ...openReadingParts(foundation, consumerGroup, topic, scope),
    ledger: {
      ...ledger,
      settle: (key, from, work) => timed(metrics, 'store', () => ledger.settle(key, from, work)),
    },
  }
}

function rejoinDelayMs(attempt: number): number {
  return backoffMs(attempt, REJOIN_BASE_MS, REJOIN_CAP_MS, Math.random)
}
