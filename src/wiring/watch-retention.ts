import type { Cluster } from '../kafka/cluster.ts'
import { lagSeconds } from '../pipeline/lag.ts'
import type { PartitionStatus } from '../pipeline/partition-events.ts'
import type { Logger } from '../telemetry/logger.ts'

/** How long Kafka keeps the records of each topic. Disposing ends the asking. */
export interface WatchedRetention extends Disposable {
  /** Milliseconds; undefined when no record goes because of its age, or when the broker did not tell yet. */
  readonly of: (topic: string) => number | undefined
}

/** Somebody may change it at any time. */
const ASK_EVERY_MS = 60_000

/** Asks now, and again every minute. What was told last stays true while nobody answers. */
export function watchRetention(
  cluster: Pick<Cluster, 'describe'>,
  topics: readonly string[],
  log: Logger,
): WatchedRetention {
  const known = new Map<string, number | undefined>()
  const ask = async (): Promise<void> => {
    for (const topic of topics) {
      try {
        known.set(topic, retentionMs((await cluster.describe(topic)).configs))
      } catch (error) {
        log.debug('retention_unknown', { topic, error })
      }
    }
  }
  void ask()
  const timer = setInterval(() => void ask(), ASK_EVERY_MS)
  return {
    of: (topic) => known.get(topic),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** By the topic's settings as they are in force; undefined when age deletes nothing. */
export function retentionMs(configs: ReadonlyMap<string, string>): number | undefined {
  const ms = Number(configs.get('retention.ms') ?? -1)
  const deletes = configs.get('cleanup.policy')?.includes('delete') ?? true
  return deletes && ms >= 0 ? ms : undefined
}

/**
 * Seconds until Kafka may delete the oldest record that is not settled; at 0 or below it may have done so.
 * Never told too large: the lag is never told too small, and Kafka deletes whole segments, by their newest record.
 */
export function headroomSeconds(status: PartitionStatus, retention: number, nowMs: number): number {
  return retention / 1000 - lagSeconds(status, nowMs)
}
