import type { Config } from '../config/config.ts'
import { deadLettersRole, type DeadLettersTransaction } from '../pipeline/dead-letters-role.ts'
import { startRole, type RunningRole } from '../pipeline/role.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { RoleParts } from './role-parts.ts'

/** They come a few at a time, and nobody waits for them: a transaction for each few would cost the orders. */
const LINGER_MS = 1_000

export function startDeadLettersRole(
  config: Config<'kafka' | 'database'>,
  parts: RoleParts<DeadLettersTransaction>,
  log: Logger,
  metrics: Metrics,
): RunningRole {
  const work = deadLettersRole({
    onCommitted: ({ archived }, items) => {
      for (const { malformedHeaders } of items) {
        if (malformedHeaders > 0) metrics.malformedHeaders.inc(malformedHeaders)
      }
      for (const { entry, source, errorType, attempts } of archived) {
        const { topic, partition, offset } = source
        log.warn('dead_letter_archived', { entry, topic, partition, offset, type: errorType, attempts })
      }
    },
  })
  const lingerMs = Math.max(config.batch.lingerMs, LINGER_MS)
  return startRole({ ...parts, work, limits: { ...config.batch, lingerMs } })
}
