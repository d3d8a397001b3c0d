import type { Failure } from './failure.ts'
import type { Counts, LedgerKey } from './ledger.ts'
import type { SourceRecord } from './record.ts'

/** What a role does with records; everything around it is the same for all roles. */
export interface RoleWork<Transaction, Prepared, Settled extends { readonly counts: Counts }> {
  /** Pure, and never throws: whatever is wrong with the record is part of what it returns. */
  prepare(record: SourceRecord): Prepared
  /**
   * Gives every record of the batch its disposition inside the transaction, which is rolled back when
   * this throws. What it produces to Kafka must be acknowledged when it resolves.
   */
  settle(transaction: Transaction, items: readonly Prepared[], source: LedgerKey): Promise<Settled>
  /** For a role whose records can be refused by the database one by one; without it, its partition holds. */
  readonly isolation?: Isolation<Transaction, Prepared, Settled>
  /** Called once for each batch whose transaction is known to be durable. */
  committed(settled: Settled, items: readonly Prepared[], source: LedgerKey): void
}

export interface Isolation<Transaction, Prepared, Settled> {
  /**
   * Writes what no record brought, on a connection of its own, and takes it back. Rejects with what the
   * database said when it failed: then no record is at fault.
   */
  canary(): Promise<void>
  /** As `settle`, after that failed as a whole for `cause`: the records at fault get a disposition too. */
  settle(
    transaction: Transaction,
    items: readonly Prepared[],
    source: LedgerKey,
    cause: Failure,
  ): Promise<Settled>
}
