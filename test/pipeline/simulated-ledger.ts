import type { Ledger, LedgerKey } from '../../src/pipeline/ledger.ts'
import type { OffsetRange } from '../../src/pipeline/settled-offsets.ts'
import { BLOCKED, type Actor } from './actor.ts'
import {
  rowName,
  type SimulatedDatabase,
  type SimulatedTransaction,
  type StoredRow,
  type Tables,
} from './simulated-database.ts'

/** The ledger as one instance reaches it. `current` tells which transaction a crash would leave behind. */
export function simulatedLedger(
  database: SimulatedDatabase,
  actor: Actor,
  instanceId: string,
  current: { transaction: SimulatedTransaction | undefined },
): Ledger<SimulatedTransaction> {
  return {
    open: async (key, { start, end }) => {
      const name = rowName(key)
      await actor.pause('create row', (outcome) => {
        database.check(undefined, outcome)
        if (database.tables.ledger.has(name)) return
        const row = { key, origin: start, nextOffset: start, version: 0, writtenBy: instanceId, counts: {} }
        database.tables.ledger.set(name, { ...row, fingerprint: undefined, seenEnd: end })
      })
      return actor.pause('open row', (outcome) => {
        database.check(undefined, outcome)
        if (database.isLocked(name)) return BLOCKED
        const row = database.tables.ledger.get(name)
        if (row === undefined) throw new Error('the ledger row vanished while it was opened')
        database.tables.ledger.set(name, { ...row, seenEnd: Math.max(row.seenEnd, end) })
        return row
      })
    },
    read: (key) =>
      actor.pause('read row', (outcome) => {
        database.check(undefined, outcome)
        return database.tables.ledger.get(rowName(key))
      }),
    settle: async (key, from, work) => {
      const name = rowName(key)
      const transaction = await actor.pause('begin', (outcome) => {
        database.check(undefined, outcome)
        if (database.isLocked(name)) return BLOCKED
        if (database.tables.ledger.get(name)?.nextOffset !== from) return undefined
        const begun = database.begin()
        database.lock(begun, [name])
        return begun
      })
      if (transaction === undefined) return 'fenced'
      current.transaction = transaction
      try {
        const step = await work(transaction)
        const { records } = transaction
        transaction.changes.push((tables) => database.advance(tables, instanceId, { key, step, records }))
        await actor.pause('commit', (outcome) => {
          current.transaction = undefined
          database.commit(transaction, outcome)
        })
        return 'committed'
      } catch (error) {
        // A commit that is still under way keeps its locks; the server knows nothing of our error.
        if (current.transaction !== undefined) database.rollback(transaction)
        current.transaction = undefined
        throw error
      }
    },
    bookGoneTopics: async ({ topicId }) => bookGoneTopics(database, topicId),
  }
}

/** Closes the rows of topic ids that are gone; leaves those that a transaction holds for the next time. */
export function bookGoneTopics(database: SimulatedDatabase, topicId: string): number {
  let records = 0
  for (const [name, row] of database.tables.ledger) {
    const unread = row.seenEnd - row.nextOffset
    if (row.key.topicId === topicId || unread <= 0 || database.isLocked(name)) continue
    const forwarded = aheadOf(row, row.ahead?.forwarded)
    const dead = aheadOf(row, row.ahead?.deadLettered)
    records += unread - forwarded - dead
    const counts = {
      ...row.counts,
      expired: (row.counts.expired ?? 0) + unread - forwarded - dead,
      forwarded: (row.counts.forwarded ?? 0) + forwarded,
      dead_lettered: (row.counts.dead_lettered ?? 0) + dead,
    }
    const change = { nextOffset: row.seenEnd, version: row.version + 1, writtenBy: '' }
    const ahead = row.ahead && { forwarded: [], deadLettered: [] }
    database.tables.ledger.set(name, { ...row, ...change, counts, ...(ahead && { ahead }) })
  }
  return records
}

function aheadOf({ nextOffset, seenEnd }: StoredRow, ranges: readonly OffsetRange[] = []): number {
  const size = ({ from, to }: OffsetRange): number => Math.min(to, seenEnd) - Math.max(from, nextOffset)
  return ranges.reduce((sum, range) => sum + Math.max(0, size(range)), 0)
}

/** Goes back to where the log starts, as an operator does after it was cut. */
export function rewind(
  { ledger }: Tables,
  key: Pick<LedgerKey, 'topicId' | 'partition'>,
  start: number,
): void {
  const row = ledger.get(rowName(key))
  if (row === undefined) return
  const nextOffset = Math.min(start, row.nextOffset)
  const counts = { ...row.counts, rewound: (row.counts.rewound ?? 0) + row.nextOffset - nextOffset }
  const version = row.version + 1
  ledger.set(rowName(key), { ...row, nextOffset, version, counts, fingerprint: undefined })
}
