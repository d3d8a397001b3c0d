import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { isRecordTooLarge } from '../kafka/produce-error.ts'
import { ByteBudget } from '../pipeline/byte-budget.ts'
import type { OutgoingRecord } from '../pipeline/record.ts'
import type { Clock } from '../pipeline/retry-due.ts'
import type { DueRecord } from '../pipeline/retry-records.ts'
import { startRetryRole, type RunningRetries } from '../pipeline/retry-role.ts'
import { postgresRetryLedger } from '../postgres/retry-ledger.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { openReadingParts, type RoleFoundation } from './role-parts.ts'
import { timed } from './timed.ts'

/** Of all partitions together; what does not fit is read again when it is due. */
const WAITING_BYTES = 33_554_432
/** Of one partition. Its ledger row remembers at most so many ranges, some 400 kB of text. */
const WAITING_RECORDS = 20_000

export const SYSTEM_CLOCK: Clock = {
  wallMs: Date.now,
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
}

export function startRetries(
  config: Config<'kafka' | 'database'>,
  foundation: RoleFoundation,
  send: (records: readonly OutgoingRecord[]) => Promise<void>,
  scope: AsyncDisposableStack,
): RunningRetries {
  const { pool, instanceId, log, metrics } = foundation
  const { topics, retry, batch, kafka } = config
  const ledger = postgresRetryLedger(pool, instanceId)
  return startRetryRole({
    ...openReadingParts(foundation, `${kafka.groupId}-retries`, topics.retries, scope),
    ledger: {
      ...ledger,
      settle: (key, at, work) => timed(metrics, 'store', () => ledger.settle(key, at, work)),
    },
    topics,
    maxRetries: retry.max,
    capMs: retry.capMs,
    produce: (records) => timed(metrics, 'produce', () => produce(send, records)),
    limits: batch,
    budget: new ByteBudget(WAITING_BYTES),
    maxWaiting: WAITING_RECORDS,
    clock: SYSTEM_CLOCK,
    onSettled: (records) => observe(records, log, metrics),
  })
}

async function produce(
  send: (records: readonly OutgoingRecord[]) => Promise<void>,
  records: readonly OutgoingRecord[],
): Promise<readonly OutgoingRecord[]> {
  try {
    await send(records)
    return []
  } catch (error) {
    if (!isRecordTooLarge(error)) throw error
    return error.records
  }
}

function observe(records: readonly DueRecord[], log: Logger, metrics: Metrics): void {
  for (const { record, source, failure, malformedHeaders } of records) {
    if (malformedHeaders > 0) metrics.malformedHeaders.inc(malformedHeaders)
    if (failure === undefined) continue
    metrics.deadLettered.inc()
    metrics.errors.inc({ type: failure.type })
    const { topic, partition, offset } = source
    const { type, message: detail } = failure
    const waitedAt = `${record.topic}-${record.partition} at ${record.offset}`
    log.warn('dead_letter_produced', { topic, partition, offset, type, detail, waitedAt })
  }
}
