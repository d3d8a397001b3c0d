import { randomUUID } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { produceLoad } from './produce-load.ts'
import { seedFrom } from '../producer/random.ts'
import { generateRecords } from '../producer/records.ts'

/** Now and then something to look at among the dead letters. */
const SHARES = { invalid: 0.05, duplicate: 0.02, conflict: 0.01 }

/** Produces an order every `PRODUCER_DELAY` ms, new ones at each start, until `stop` is aborted. Never rejects. */
export async function runDemonstration(
  config: Config<'kafka' | 'database'>,
  log: Logger,
  stop: AbortSignal,
): Promise<void> {
  const kafka = { clientId: 'sluice-demonstration', ...config.kafka }
  const trouble = (error: unknown): void => log.warn('demonstration_held', { error })
  const chunks = generateRecords(seedFrom(randomUUID()), undefined, SHARES)
  const run = { chunks, intervalMs: config.producer.delayMs, stopping: stop, onOutage: trouble }
  try {
    const { acknowledged } = await produceLoad(kafka, config.topics.orders, run, trouble)
    log.info('demonstration_ended', { acknowledged: acknowledged.total })
  } catch (error) {
    log.error('demonstration_failed', { error })
  }
}
