import type { LedgerColumn } from '../pipeline/ledger.ts'
import type { LedgerEntry } from '../postgres/audit-database.ts'
import { currentPartitions, type Reading, type RoleName } from './reading.ts'

/** Rows of the consumer groups that are configured; other groups keep their own books. */
export function ofRoles({ ledger, topics }: Reading, ...roles: readonly RoleName[]): LedgerEntry[] {
  const groups = new Set(
    topics.filter(({ role }) => roles.includes(role)).map(({ consumerGroup }) => consumerGroup),
  )
  return ledger.filter(({ consumerGroup }) => groups.has(consumerGroup))
}

export function total(ledger: readonly LedgerEntry[], column: LedgerColumn): number {
  return ledger.reduce((count, row) => count + row.counts[column], 0)
}

/** What becomes of a record that a role read. */
const ARRIVED: readonly LedgerColumn[] = [
  'forwarded',
  'dead_lettered',
  'archived',
  'reopened',
  'duplicates',
  'expired',
  'skipped',
]

/** How many records came to a role, at least: with an outcome, settled ahead, or waiting. */
export function arrived(reading: Reading, role: RoleName): number {
  const received = ofRoles(reading, role)
  const ahead = received
    .flatMap((row) => row.ahead)
    .reduce((offsets, { from, to }) => offsets + to - from, lagOf(reading, role))
  return ARRIVED.reduce((records, column) => records + total(received, column), ahead)
}

function lagOf(reading: Reading, role: RoleName): number {
  const partitions = currentPartitions(reading).filter((partition) => partition.role === role)
  return partitions.reduce((records, { lag }) => records + lag, 0)
}

/** For people: how many of those that arrived wait; empty without any. */
export function waiting(reading: Reading, role: RoleName): string {
  const lag = lagOf(reading, role)
  return lag > 0 ? ` (${lag} of them wait)` : ''
}
