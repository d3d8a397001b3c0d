import type { Config } from '../config/config.ts'
import { watchForFloods } from '../pipeline/flood.ts'
import type { LedgerKey } from '../pipeline/ledger.ts'
import {
  isKeyOf,
  ordersRole,
  type OrdersTransaction,
  type PreparedOrder,
  type SettledOrders,
} from '../pipeline/orders-role.ts'
import type { OutgoingRecord } from '../pipeline/record.ts'
import { startRole, type RunningRole } from '../pipeline/role.ts'
import { sendCanary } from '../postgres/canary.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { RoleParts } from './role-parts.ts'
import { timed } from './timed.ts'

const MAX_DEPTH = 64

export function startOrdersRole(
  config: Config<'kafka' | 'database'>,
  parts: RoleParts<OrdersTransaction>,
  send: (records: readonly OutgoingRecord[]) => Promise<void>,
  log: Logger,
  metrics: Metrics,
  onStored: (stored: readonly PreparedOrder[]) => void,
): RunningRole {
  const lookForFlood = floodAlarm(log, metrics)
  const work = ordersRole({
    deadLetterTopic: config.topics.deadLetters,
    retryTopic: config.topics.retries,
    retryPolicy: { maxRetries: config.retry.max, baseMs: config.retry.baseMs, capMs: config.retry.capMs },
    canary: () => sendCanary(config.database.dsn),
    limits: { maxBytes: config.order.maxBytes, maxDepth: MAX_DEPTH },
    crossFieldRules: config.order.crossFieldRules,
    produce: (records) => timed(metrics, 'produce', () => send(records)),
    now: Date.now,
    random: Math.random,
    onCommitted: (settled, items, source) => {
      onStored(settled.stored)
      observe(settled, items, log, metrics)
      lookForFlood(settled, items, source)
    },
  })
  return startRole({ ...parts, work, limits: config.batch })
}

/** By then the canary has passed, so the records go their way; somebody should know why there are so many. */
function floodAlarm(
  log: Logger,
  metrics: Metrics,
): (settled: SettledOrders, items: readonly PreparedOrder[], source: LedgerKey) => void {
  const watches = new Map<number, ReturnType<typeof watchForFloods>>()
  return ({ retries, deadLetters }, items, { topic, partition }) => {
    const refusals = new Map(
      [...retries, ...deadLetters].map(({ item, refusal }) => [item, refusal?.fingerprint]),
    )
    const asked = items.filter(({ failure }) => failure === undefined)
    const watch = watches.get(partition) ?? watchForFloods()
    watches.set(partition, watch)
    const fingerprint = watch(asked.map((item) => refusals.get(item)))
    if (fingerprint === undefined) return
    metrics.floods.inc()
    const advice =
      'the database refuses most records of this partition; see docs/OPERATIONS.md, "Records refused in a row"'
    log.error('records_refused', { topic, partition, fingerprint, advice })
  }
}

function observe(
  settled: SettledOrders,
  items: readonly PreparedOrder[],
  log: Logger,
  metrics: Metrics,
): void {
  const now = Date.now()
  if (settled.stored.length > 0) metrics.processed.inc(settled.stored.length)
  for (const { record } of settled.stored) {
    metrics.produceToStoredSeconds.observe(Math.max(0, now - record.timestampMs) / 1000)
  }
  for (const { item, failure } of settled.deadLetters) {
    metrics.deadLettered.inc()
    metrics.errors.inc({ type: failure.type })
    const { topic, partition, offset } = item.record
    log.warn('dead_letter_produced', {
      topic,
      partition,
      offset,
      type: failure.type,
      detail: failure.message,
      traceparent: item.headers.traceparent,
    })
  }
  for (const { item, failure, notBeforeMs } of settled.retries) {
    metrics.retried.inc()
    metrics.errors.inc({ type: failure.type })
    const { topic, partition, offset } = item.record
    log.warn('retry_produced', {
      topic,
      partition,
      offset,
      type: failure.type,
      detail: failure.message,
      retry: item.headers.retry,
      inMs: Math.max(0, notBeforeMs - now),
      traceparent: item.headers.traceparent,
    })
  }
  for (const { item, refusal } of [...settled.retries, ...settled.deadLetters]) {
    if (refusal?.type !== 'unclassified') continue
    const { topic, partition, offset } = item.record
    log.error('record_failed_unexpectedly', { topic, partition, offset, error: refusal.thrown })
  }
  let bytes = 0
  for (const { record, headers, content, brokenRules } of items) {
    bytes += record.value?.length ?? 0
    if (headers.malformed > 0) metrics.malformedHeaders.inc(headers.malformed)
    for (const rule of brokenRules) metrics.crossFieldViolations.inc({ rule })
    if (content === undefined) continue
    if (content.unknownFields > 0) metrics.unknownFields.inc(content.unknownFields)
    if (!isKeyOf(record, content.uid)) {
      metrics.keyMismatches.inc()
      log.warn('key_mismatch', { topic: record.topic, partition: record.partition, offset: record.offset })
    }
  }
  metrics.batchBytes.observe(bytes)
}
