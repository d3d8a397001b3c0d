import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type PrometheusContentType,
} from '@prometheus-io/client'
import { CROSS_FIELD_RULES } from '../order/cross-field.ts'
import { readMetrics } from './read-metrics.ts'
import { CIRCUITS, ERROR_TYPES, HOLD_REASONS, OUTCOMES, STAGES } from './labels.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const RECORDS = [1, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000]
const BYTES = [1_024, 16_384, 65_536, 262_144, 1_048_576, 2_097_152, 4_194_304, 16_777_216]

/** In the text format that every Prometheus reads. */
type TextRegistry = Registry<PrometheusContentType>

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Every metric of Sluice, each declared once, in a registry of its own. Labels whose values are known start
 * at 0, so that a rate over the first increase is right. No label ever holds an id of an order.
 * `runtime` adds the metrics of Node and the process; they need timers and observers that stay for the life
 * of the process, so it is for the one registry that is served.
 */
export function createMetrics(options: { readonly version: string; readonly runtime?: boolean }) {
  const registry = new Registry<PrometheusContentType>(Registry.PROMETHEUS_CONTENT_TYPE)
  if (options.runtime === true) {
    collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: 1_000 })
  }
  const build = gauge(registry, 'sluice_build_info', 'Always 1; the labels tell what runs', [
    'version',
    'node',
  ])
  build.set({ version: options.version, node: process.version }, 1)
  return {
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
    ...recordMetrics(registry),
    ...batchMetrics(registry),
    ...stateMetrics(registry),
    ...inputMetrics(registry),
    ...readMetrics(registry),
  } as const
}

/** What became of records. */
function recordMetrics(registry: TextRegistry) {
  return {
    processed: counter(registry, 'orders_processed_total', 'Orders stored'),
    errors: startAtZero(
      counter(registry, 'orders_errors_total', 'Failed records by error type', ['type']),
      ERROR_TYPES,
    ),
    retried: counter(registry, 'orders_retry_total', 'Records sent to retry'),
    deadLettered: counter(registry, 'orders_dlq_total', 'Records sent to the dead letters'),
    records: startAtZero(
      counter(registry, 'orders_records_total', 'Records and offsets by what the ledger books them as', [
        'outcome',
      ]),
      OUTCOMES,
    ),
    expired: counter(
      registry,
      'orders_expired_records_total',
      'Records that retention deleted before they were read: loss',
    ),
    processingSeconds: histogram(
      registry,
      'order_processing_seconds',
      'From taken from the broker to settled, for each record',
      SECONDS,
    ),
    produceToStoredSeconds: histogram(
      registry,
      'orders_produce_to_stored_seconds',
      'From the timestamp of the record to the commit that stored it',
      SECONDS,
    ),
  }
}

/** How the work goes on. */
function batchMetrics(registry: TextRegistry) {
  const stageSeconds = histogram(
    registry,
    'orders_stage_seconds',
    'Duration of one stage for a whole batch',
    SECONDS,
    ['stage'],
  )
  for (const stage of STAGES) stageSeconds.zero({ stage })
  return {
    stageSeconds,
    batchRecords: histogram(registry, 'orders_batch_records', 'Records in one batch', RECORDS),
    batchBytes: histogram(registry, 'orders_batch_bytes', 'Bytes of the values in one batch', BYTES),
    fencedBatches: counter(
      registry,
      'orders_fenced_batches_total',
      'Batches that the ledger refused because another instance went on',
    ),
    floods: counter(
      registry,
      'orders_floods_total',
      'Times that most of 50 consecutive records were refused by the database for one reason',
    ),
    lastProcessed: gauge(
      registry,
      'orders_last_processed_timestamp_seconds',
      'When a batch was last settled, seconds since 1970; 0 is never',
    ),
  }
}

/** How things stand. Gauges of a partition are to be removed when the partition goes. */
function stateMetrics(registry: TextRegistry) {
  const partition = ['topic', 'partition'] as const
  return {
    lagRecords: gauge(registry, 'orders_lag_records', 'Records that wait to be read', partition),
    lagSeconds: gauge(
      registry,
      'orders_lag_seconds',
      'Age of the oldest record that is not settled, 0 when there is none',
      partition,
    ),
    retentionSeconds: gauge(
      registry,
      'orders_retention_seconds',
      'How long Kafka keeps a record of the topic; absent when its age deletes none',
      ['topic'],
    ),
    retentionHeadroomSeconds: gauge(
      registry,
      'orders_retention_headroom_seconds',
      'Until Kafka may delete the oldest record that is not settled, at least',
      partition,
    ),
    circuit: startAtZero(
      gauge(registry, 'orders_circuit_state', '1 while a dependency is held to be away, else 0', [
        'dependency',
      ]),
      CIRCUITS,
    ),
    heldPartitions: startAtZero(
      gauge(registry, 'orders_held_partitions', 'Partitions that stand still, by reason', ['reason']),
      HOLD_REASONS,
    ),
    heldSeconds: startAtZero(
      counter(registry, 'orders_held_seconds_total', 'Seconds that partitions stood still, by reason', [
        'reason',
      ]),
      HOLD_REASONS,
    ),
    waitingRetries: gauge(
      registry,
      'orders_waiting_retries',
      'Records of the retry topic that wait on this instance until they are due',
    ),
    waitingRetriesBytes: gauge(registry, 'orders_waiting_retries_bytes', 'Memory that they take'),
    waitingRetriesNotHeld: gauge(
      registry,
      'orders_waiting_retries_not_held',
      'Those that did not fit into memory and will be read again when they are due',
    ),
    logDiverged: gauge(
      registry,
      'orders_log_diverged',
      'Partitions whose log does not go on from what the ledger holds; an operator has to decide',
    ),
    unaccounted: gauge(
      registry,
      'orders_unaccounted_records',
      'Offsets behind the ledger that it has no disposition for; anything but 0 is a bug',
    ),
    openDeadLetters: gauge(registry, 'orders_open_dead_letters', 'Dead letters that nobody settled yet'),
    oldestOpenDeadLetterSeconds: gauge(
      registry,
      'orders_oldest_open_dead_letter_seconds',
      'Age of the oldest open dead letter; 0 without any',
    ),
  }
}

/** What is odd about the input, and what was logged. */
function inputMetrics(registry: TextRegistry) {
  return {
    crossFieldViolations: startAtZero(
      counter(registry, 'orders_cross_field_violations_total', 'Orders that break a cross-field rule', [
        'rule',
      ]),
      CROSS_FIELD_RULES,
    ),
    unknownFields: counter(registry, 'orders_unknown_fields_total', 'Unknown fields that were ignored'),
    keyMismatches: counter(registry, 'orders_key_mismatch_total', 'Records whose key is not the order uid'),
    malformedHeaders: counter(
      registry,
      'orders_malformed_headers_total',
      'Headers under a name of ours that were ignored because they made no sense',
    ),
    logEvents: counter(registry, 'orders_log_events_total', 'Log events by class, also those not written', [
      'class',
    ]),
  }
}

function counter<T extends string = never>(
  registry: TextRegistry,
  name: string,
  help: string,
  labelNames: readonly T[] = [],
): Counter<T> {
  return new Counter<T>({ name, help, labelNames, registers: [registry] })
}

function gauge<T extends string = never>(
  registry: TextRegistry,
  name: string,
  help: string,
  labelNames: readonly T[] = [],
): Gauge<T> {
  return new Gauge<T>({ name, help, labelNames, registers: [registry] })
}

function histogram<T extends string = never>(
  registry: TextRegistry,
  name: string,
  help: string,
  buckets: number[],
  labelNames: readonly T[] = [],
): Histogram<T> {
  return new Histogram<T>({ name, help, labelNames, buckets, registers: [registry] })
}

function startAtZero<M extends { labels(value: string): { inc(by: number): void } }>(
  metric: M,
  values: readonly string[],
): M {
  for (const value of values) metric.labels(value).inc(0)
  return metric
}
