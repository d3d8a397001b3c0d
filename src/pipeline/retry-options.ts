import type { BatchLimits } from './batch.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { Circuit, Dependency } from './circuit.ts'
import type { LedgerKey } from './ledger.ts'
import type { Log } from './log.ts'
import type { PartitionEvents } from './partition-events.ts'
import type { Clock } from './retry-due.ts'
import type { RetryLedger } from './retry-ledger.ts'
import type { DueRecord, RetrySending } from './retry-records.ts'

export interface RetryPartitionOptions extends RetrySending {
  readonly consumerGroup: string
  readonly topic: string
  readonly partition: number
  /** Written into the ledger row by this instance. */
  readonly instanceId: string
  readonly log: Log
  readonly ledger: RetryLedger
  /** No record waits for longer. */
  readonly capMs: number
  /** Of what is sent together. */
  readonly limits: () => BatchLimits
  /** Memory for what waits. */
  readonly budget: ByteBudget
  /** So many records of a partition may wait: the books remember at most one range more. */
  readonly maxWaiting: number
  readonly clock: Clock
  readonly events: PartitionEvents
  /** Shared by all partitions of the process. */
  readonly circuits: Readonly<Record<Dependency, Circuit>>
  /** Told once of each record whose way is in the books. */
  readonly onSettled: (records: readonly DueRecord[], source: LedgerKey) => void
  /** How often the ledger row is compared with what is in memory while nothing is sent. */
  readonly idleCheckMs: number
  readonly random: () => number
}
