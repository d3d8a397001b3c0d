import type { BatchLimits } from './batch.ts'
import type { Circuit, Dependency } from './circuit.ts'
import type { Counts, Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import type { PartitionEvents } from './partition-events.ts'
import type { RoleWork } from './role-work.ts'

export interface PartitionOptions<Transaction, Prepared, Settled extends { readonly counts: Counts }> {
  readonly consumerGroup: string
  readonly topic: string
  readonly partition: number
  /** Written into the ledger row by this instance. */
  readonly instanceId: string
  readonly log: Log
  readonly ledger: Ledger<Transaction>
  readonly work: RoleWork<Transaction, Prepared, Settled>
  /** Asked before each batch: the more partitions an instance has, the less each may hold. */
  readonly limits: () => BatchLimits
  readonly events: PartitionEvents
  /** Shared by all partitions of the process. */
  readonly circuits: Readonly<Record<Dependency, Circuit>>
  /** How often an idle partition compares its ledger row with where it stands. */
  readonly idleCheckMs: number
  readonly random: () => number
}
