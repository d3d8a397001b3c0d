import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditDatabase } from '../postgres/audit-database.ts'
import { currentPartitions, readTopics, type AuditedTopic, type Topics } from './reading.ts'

/** How far the system is from rest. `mark` changes with every step of the books and every new record. */
export interface Motion {
  readonly lag: number
  readonly mark: string
}

export async function lookAtMotion(
  kafka: Topics,
  audited: readonly AuditedTopic[],
  database: Pick<AuditDatabase, 'ledger'>,
): Promise<Motion> {
  const topics = await readTopics(kafka, audited)
  const ledger = await database.ledger()
  const partitions = currentPartitions({ topics, ledger })
  const lag = partitions.reduce((records, partition) => records + partition.lag, 0)
  const versions = ledger.reduce((steps, { version }) => steps + version, 0)
  const ends = partitions.reduce((records, { logEnd }) => records + logEnd, 0)
  return { lag, mark: `${ledger.length}/${versions}/${ends}` }
}

export interface SettlingOptions {
  readonly timeoutMs: number
  readonly lookEveryMs: number
  /** Told the lag after each look that does not end the waiting. */
  readonly report: (lag: number) => void
}

/**
 * Waits until two looks in a row show no lag and nothing that moved: the last record of one topic may send
 * one to another. Resolves to whether that was reached in time; what `look` throws passes through.
 */
export async function waitUntilSettled(
  look: () => Promise<Motion>,
  { timeoutMs, lookEveryMs, report }: SettlingOptions,
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs
  let before: Motion | undefined
  for (;;) {
    const now = await look()
    if (now.lag === 0 && before?.lag === 0 && now.mark === before.mark) return true
    report(now.lag)
    before = now
    if (performance.now() + lookEveryMs > deadlineMs) return false
    await sleep(lookEveryMs)
  }
}
