import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import type { RetryLedger, RetryRow, RetryStep, SettledAhead } from '../../src/pipeline/retry-ledger.ts'
import { BLOCKED, type Actor } from './actor.ts'
import { rowName, type Settlement, type SimulatedTransaction, type StoredRow } from './simulated-database.ts'
import type { Around } from './simulated-instance.ts'
import { bookGoneTopics, simulatedLedger } from './simulated-ledger.ts'

const NOTHING: SettledAhead = { forwarded: [], deadLettered: [] }

/** Retries that a record had. */
export function retriesOf(serial: number): number {
  return serial % 5
}

export function isSettled({ nextOffset, ahead = NOTHING }: StoredRow, offset: number): boolean {
  const ranges = [...ahead.forwarded, ...ahead.deadLettered]
  return offset < nextOffset || ranges.some(({ from, to }) => from <= offset && offset < to)
}

/** The retry role's ledger as one instance reaches it. `current` tells which transaction a crash would leave behind. */
export function simulatedRetryLedger(
  { database, kafka }: Around,
  actor: Actor,
  instanceId: string,
  current: { transaction: SimulatedTransaction | undefined },
): RetryLedger {
  const rows = simulatedLedger(database, actor, instanceId, current)
  const rowOf = (key: LedgerKey): RetryRow | undefined => {
    const row = database.tables.ledger.get(rowName(key))
    return row && { ...row, ahead: row.ahead ?? NOTHING }
  }
  return {
    open: async (key, log) => {
      await rows.open(key, log)
      const row = rowOf(key)
      if (row === undefined) throw new Error('the ledger row vanished while it was opened')
      return row
    },
    read: (key) =>
      actor.pause('read row', (outcome) => {
        database.check(undefined, outcome)
        return rowOf(key)
      }),
    settle: async (key, at, work) => {
      const name = rowName(key)
      const transaction = await actor.pause('begin', (outcome) => {
        database.check(undefined, outcome)
        if (database.isLocked(name)) return BLOCKED
        const row = rowOf(key)
        if (row?.version !== at.version || row.nextOffset !== at.nextOffset) return undefined
        if (row.writtenBy !== at.writtenBy) return undefined
        const begun = database.begin()
        database.lock(begun, [name])
        return begun
      })
      if (transaction === undefined) return 'fenced'
      current.transaction = transaction
      try {
        const step = await work()
        const from = at.nextOffset
        transaction.changes.push((tables) => {
          checkMemory(key, tables.ledger.get(name), step)
          const write = { key, step: { from, ...step }, records: recordsIn(key, from, step) }
          database.advance(tables, instanceId, write, step.ahead)
        })
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

  /** Those that the step passes, sent by whomever. */
  function recordsIn(key: LedgerKey, from: number, { to, counts }: RetryStep): Settlement[] {
    const records: Settlement[] = []
    const log = kafka.log(key.topicId, key.partition)
    for (const [offset, serial] of log.appended) {
      const sent = kafka.sentBack.has(serial) || kafka.deadLetters.has(serial)
      if (from <= offset && offset < to && sent) records.push({ offset, serial })
    }
    // What was sent of a log that was cut is not in it any more.
    if (log.cutFrom !== undefined) return records
    const booked = (counts.forwarded ?? 0) + (counts.dead_lettered ?? 0)
    if (booked > records.length)
      database.violations.push(`${key.topicId}-${key.partition}: more are booked as sent than were`)
    // What was sent and not booked, and deleted then, is rightly booked as expired.
    const deleted = ({ offset }: { offset: number }): number => (offset < log.start ? 1 : 0)
    return records.toSorted((a, b) => deleted(a) - deleted(b)).slice(0, booked)
  }

  /** What the books once called settled stays settled, unless an operator moved them. */
  function checkMemory(key: LedgerKey, before: StoredRow | undefined, step: RetryStep): void {
    const log = kafka.log(key.topicId, key.partition)
    if (before === undefined) return
    const after = { ...before, nextOffset: step.to, ahead: step.ahead }
    for (const offset of log.appended.keys())
      if (isSettled(after, offset)) database.everSettled.add(`${rowName(key)}-${offset}`)
    // What was settled of a log that was cut says nothing about what was written there since.
    if (before.fingerprint === undefined || log.cutFrom !== undefined) return
    for (const [offset, serial] of log.appended) {
      if (isSettled(before, offset) && !isSettled(after, offset))
        database.violations.push(`the books forgot that record ${serial} was sent`)
      const sent = kafka.sentBack.has(serial) || kafka.deadLetters.has(serial)
      const readable = log.slots[offset] !== undefined
      if (!isSettled(before, offset) && isSettled(after, offset) && !sent && readable)
        database.violations.push(`record ${serial} counts as settled, but was not sent`)
    }
  }
}
