import type { Counts } from '../pipeline/ledger.ts'
import type { RunningRole } from '../pipeline/role.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface Progress {
  add(counts: Counts): void
  /** Logs what was added since the last call, and how much waits; nothing when nothing was. */
  report(roles: readonly RunningRole[]): void
}

/** So that whoever watches the log sees orders flow without a line for each of them. */
export function createProgress(log: Logger): Progress {
  let sums: Record<string, number> = {}
  return {
    add: (counts) => {
      for (const [outcome, count] of Object.entries(counts)) {
        if (count > 0) sums[outcome] = (sums[outcome] ?? 0) + count
      }
    },
    report: (roles) => {
      if (Object.keys(sums).length === 0) return
      const statuses = roles.flatMap((role) => role.status())
      const lag = statuses.reduce((sum, { logEnd, nextOffset }) => sum + Math.max(0, logEnd - nextOffset), 0)
      log.info('progress', { ...sums, lag })
      sums = {}
    },
  }
}
