import type { HoldReason } from '../pipeline/failure.ts'
import type { PartitionEvents } from '../pipeline/partition-events.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Progress } from './progress.ts'

/** Nothing gets better by waiting alone: somebody has to look. */
const ALARMS: ReadonlySet<HoldReason> = new Set([
  'database_refuses',
  'schema_mismatch',
  'access_denied',
  'failure_flood',
  'log_diverged',
  'unreadable',
  'unclassified',
])

const ADVICE: Readonly<Record<HoldReason, string>> = {
  database_unreachable: 'resumes by itself when PostgreSQL answers again',
  database_busy:
    'a lock or a statement took too long; see who holds it in pg_stat_activity. Resumes by itself',
  database_refuses:
    'the database fails at its own work, or refuses what is not an order; see its log. Resumes by itself',
  schema_mismatch:
    'a table or a column is not that of this version: undo the change, or npm run migrate. Resumes by itself',
  access_denied: 'a password, a right or a role is not what it has to be; resumes by itself when it is',
  failure_flood:
    'the database refuses even an order made up for a test: undo what was changed there. Resumes by itself',
  broker_unreachable: 'resumes by itself when Kafka answers again',
  log_diverged: 'Kafka lost records that were acknowledged; see docs/OPERATIONS.md, "The log was cut"',
  topic_missing: 'resumes by itself when the topic is there',
  unreadable:
    'nobody can read this batch; look at it, then pass over it with npm run ledger -- skip --batch. See docs/OPERATIONS.md, "An unreadable batch"',
  unclassified: 'this is unexpected; the error tells more at LOG_LEVEL=debug',
}

/** Logs and counts what happens to partitions; the pipeline itself knows neither logs nor metrics. */
export function partitionEvents(log: Logger, metrics: Metrics, progress: Progress): PartitionEvents {
  return {
    held: ({ consumerGroup, topic, partition }, reason, error, retryInMs) => {
      const level = ALARMS.has(reason) ? 'error' : 'warn'
      log[level](`partition_held_${reason}`, {
        consumerGroup,
        topic,
        partition,
        error,
        retryInMs,
        advice: ADVICE[reason],
      })
    },
    flowing: ({ consumerGroup, topic, partition }, nextOffset) => {
      log.info('partition_flowing', { consumerGroup, topic, partition, nextOffset })
    },
    fenced: ({ consumerGroup, topic, partition }, { from, to }) => {
      metrics.fencedBatches.inc()
      log.warn('batch_fenced', { consumerGroup, topic, partition, from, to })
    },
    expired: ({ consumerGroup, topic, partition }, records) => {
      metrics.expired.inc(records)
      const advice =
        'retention or a deleted topic took them before they were read; see docs/OPERATIONS.md, "Records expired"'
      log.error('records_expired', { consumerGroup, topic, partition, records, advice })
    },
    settled: (_, counts, records, takenToSettledMs) => {
      progress.add(counts)
      for (const [outcome, count] of Object.entries(counts))
        if (count > 0) metrics.records.inc({ outcome }, count)
      if (records === 0) return
      metrics.batchRecords.observe(records)
      for (let i = 0; i < records; i++) metrics.processingSeconds.observe(takenToSettledMs / 1000)
      metrics.lastProcessed.set(Date.now() / 1000)
    },
  }
}
