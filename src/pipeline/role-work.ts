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
  /** Called once for each batch whose transaction is known to be durable. */
  committed(settled: Settled, items: readonly Prepared[], source: LedgerKey): void
}
