import type { SettledAhead } from '../../src/pipeline/retry-ledger.ts'
import type { Counts, LedgerColumn, LedgerKey, LedgerRow, LedgerStep } from '../../src/pipeline/ledger.ts'

export interface StoredRow extends LedgerRow {
  readonly key: LedgerKey
  readonly origin: number
  readonly seenEnd: number
  readonly counts: Counts
  /** Only of retries. */
  readonly ahead?: SettledAhead
}

/** Everything that is durable. */
export interface Tables {
  readonly ledger: Map<string, StoredRow>
  readonly orders: Map<string, number>
}

export interface Settlement {
  readonly offset: number
  readonly serial: number
}

export interface Write {
  readonly key: LedgerKey
  readonly step: LedgerStep
  /** The records that the step gave a disposition. */
  readonly records: readonly Settlement[]
}

/** As PostgreSQL: a query on a connection that is gone has no code. */
function connectionLost(): Error {
  return new Error('Connection terminated unexpectedly')
}

export class SimulatedTransaction {
  alive = true
  readonly changes: Array<(tables: Tables) => void> = []
  readonly records: Settlement[] = []
}

export function rowName({ topicId, partition }: Pick<LedgerKey, 'topicId' | 'partition'>): string {
  return `${topicId}-${partition}`
}

/**
 * One database: row locks, transactions that are all or nothing, copies to go back to, and commits that
 * are still under way after whoever asked for them is gone.
 */
export class SimulatedDatabase {
  up = true
  tables: Tables = { ledger: new Map(), orders: new Map() }
  readonly violations: string[] = []
  /** Highest offset that was ever durable, by row. */
  readonly durable = new Map<string, number>()
  /** Row and offset of each retry that the books ever had as settled, whatever was restored since. */
  readonly everSettled = new Set<string>()
  readonly #locks = new Map<string, SimulatedTransaction>()
  readonly #copies: Tables[] = [copyOf(this.tables)]
  #open = new Set<SimulatedTransaction>()
  #underWay: SimulatedTransaction[] = []
  readonly #onWrite: (write: Write) => void

  constructor(onWrite: (write: Write) => void) {
    this.#onWrite = onWrite
  }

  copy(): void {
    this.#copies.push(copyOf(this.tables))
  }

  restore(which: number): void {
    this.disconnect()
    this.#copies.length = 1 + (which % this.#copies.length)
    const copy = this.#copies.at(-1)
    if (copy !== undefined) this.tables = copyOf(copy)
  }

  /** Every connection breaks; what was not committed is rolled back. */
  disconnect(): void {
    for (const transaction of this.#open) this.rollback(transaction)
    this.#underWay = []
  }

  begin(): SimulatedTransaction {
    const transaction = new SimulatedTransaction()
    this.#open.add(transaction)
    return transaction
  }

  lock(transaction: SimulatedTransaction, names: readonly string[]): boolean {
    const free = names.every((name) => !this.isLocked(name, transaction))
    if (free) for (const name of names) this.#locks.set(name, transaction)
    return free
  }

  isLocked(name: string, by?: SimulatedTransaction): boolean {
    const holder = this.#locks.get(name)
    return holder !== undefined && holder !== by
  }

  /** Throws what a statement on this transaction's connection would. */
  check(transaction: SimulatedTransaction | undefined, outcome: number): void {
    if (outcome === 7 && transaction !== undefined) this.rollback(transaction)
    if (outcome === 7 || !this.up || transaction?.alive === false) throw connectionLost()
  }

  rollback(transaction: SimulatedTransaction): void {
    transaction.alive = false
    this.#open.delete(transaction)
    for (const [name, holder] of this.#locks) if (holder === transaction) this.#locks.delete(name)
  }

  /** 5: it took effect, but nobody hears of it. 6: it did not. 7: it is still under way. */
  commit(transaction: SimulatedTransaction, outcome: number): void {
    if (!this.up || !transaction.alive) throw connectionLost()
    if (outcome === 7) this.#underWay.push(transaction)
    else if (outcome === 6) this.rollback(transaction)
    else this.#apply(transaction)
    if (outcome >= 5) throw connectionLost()
  }

  /** The server reaches the end of a commit whose client is gone; false when there is none. */
  finishOne(took: boolean): boolean {
    const transaction = this.#underWay.shift()
    if (transaction === undefined) return false
    if (took) this.#apply(transaction)
    else this.rollback(transaction)
    return true
  }

  leaveUnderWay(transaction: SimulatedTransaction): void {
    this.#underWay.push(transaction)
  }

  advance(tables: Tables, instanceId: string, write: Write, ahead?: SettledAhead): void {
    const { key, step } = write
    const name = rowName(key)
    const row = tables.ledger.get(name)
    if (row === undefined) return
    const counts: Counts = { ...row.counts }
    for (const [column, count] of Object.entries(step.counts) as Array<[LedgerColumn, number]>)
      counts[column] = (counts[column] ?? 0) + count
    tables.ledger.set(name, {
      ...row,
      nextOffset: step.to,
      version: row.version + 1,
      writtenBy: instanceId,
      fingerprint: step.fingerprint,
      seenEnd: step.logEnd,
      counts,
      ...(ahead && { ahead }),
    })
    this.durable.set(name, Math.max(this.durable.get(name) ?? 0, step.to))
    this.#onWrite(write)
  }

  #apply(transaction: SimulatedTransaction): void {
    for (const change of transaction.changes) change(this.tables)
    this.rollback(transaction)
  }
}

function copyOf({ ledger, orders }: Tables): Tables {
  return { ledger: new Map(ledger), orders: new Map(orders) }
}
