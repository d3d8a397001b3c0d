import type { LedgerEntry } from '../postgres/audit-database.ts'
import { arrived, ofRoles, total, waiting } from './flows.ts'
import { currentPartitions, unsettledBelow, type PartitionBooks, type Reading } from './reading.ts'

export type AccountName =
  | 'offsets'
  | 'positions'
  | 'orders'
  | 'dead-letters'
  | 'dead-letter-flow'
  | 'retry-flow'
  | 'whole-orders'
  | 'expired'
  | 'settled'
  | 'identities'

/** One thing that must be equal to another. */
export interface Account {
  readonly name: AccountName
  readonly ok: boolean
  readonly expected: number
  readonly actual: number
  /** What is compared, and where it is off. */
  readonly explanation: string
  /** What to do; undefined when all is well. */
  readonly advice: string | undefined
}

const MAX_NAMED = 5

/** The books of the sums: everything that can be said without reading the records again. Pure. */
export function checkAccounts(reading: Reading): Account[] {
  return [
    checkOffsets(reading.ledger),
    checkPositions(reading),
    checkOrders(reading),
    checkDeadLetters(reading),
    checkDeadLetterFlow(reading),
    checkRetryFlow(reading),
    checkWholeOrders(reading),
    checkExpired(reading.ledger),
  ]
}

/**
 * For an audit that was asked to wait until nothing is on its way. `wasAtRest`: that moment came. What was
 * produced since is on its way again, and no fault: where producers run there is always some.
 */
export function checkSettled(reading: Reading, wasAtRest: boolean): Account {
  const behind = wasAtRest ? [] : currentPartitions(reading).filter(({ lag }) => lag > 0)
  const lag = behind.reduce((records, partition) => records + partition.lag, 0)
  return account('settled', 0, lag, {
    explains: 'records that did not settle in time',
    faults: behind.map(({ topic, partition, lag: records }) => `${topic}-${partition}: ${records}`),
    advice:
      'see whether the service runs, and with all roles (GET /readyz?verbose); a longer --timeout gives it more time',
  })
}

interface Verdict {
  readonly explains: string
  readonly faults: readonly string[]
  readonly advice: string
}

function account(
  name: AccountName,
  expected: number,
  actual: number,
  { explains, faults, advice }: Verdict,
): Account {
  const ok = expected === actual && faults.length === 0
  const more = faults.length > MAX_NAMED ? `; and ${faults.length - MAX_NAMED} more` : ''
  const named = faults.length === 0 ? '' : `: ${faults.slice(0, MAX_NAMED).join('; ')}${more}`
  return { name, ok, expected, actual, explanation: explains + named, advice: ok ? undefined : advice }
}

function checkOffsets(ledger: readonly LedgerEntry[]): Account {
  let passed = 0
  let accounted = 0
  const faults: string[] = []
  for (const row of ledger) {
    const { origin, nextOffset, counts } = row
    const columns = sumOf(counts)
    passed += nextOffset - origin
    accounted += columns
    if (nextOffset - origin !== columns)
      faults.push(`${nameOf(row)} went past ${nextOffset - origin} offsets and accounts for ${columns}`)
    const negative = Object.entries(counts).find(([, count]) => count < 0)
    if (negative !== undefined) faults.push(`${nameOf(row)} has a negative ${negative[0]}`)
  }
  return account('offsets', passed, accounted, {
    explains: 'offsets that the ledger went past, and what it says became of them',
    faults,
    advice:
      'the table ledger was changed by hand, or this is a bug: compare with the audit log, and run with --deep',
  })
}

function checkPositions(reading: Reading): Account {
  const faults: string[] = []
  const current = currentPartitions(reading)
  for (const partition of current) faults.push(...positionFaults(partition))
  for (const { topic, topicId } of reading.topics) {
    if (topicId === undefined) faults.push(`topic ${topic} does not exist`)
  }
  const ids = new Set(reading.topics.map(({ topicId }) => topicId))
  for (const row of reading.ledger) {
    if (ids.has(row.topicId) || row.seenEnd <= row.nextOffset) continue
    if (!reading.topics.some(({ consumerGroup }) => consumerGroup === row.consumerGroup)) continue
    faults.push(
      `${nameOf(row)} is gone with ${unsettledBelow(row, row.seenEnd)} unread records, which will be booked as expired`,
    )
  }
  return account('positions', 0, faults.length, {
    explains: 'positions of the ledger that are not inside the log of their partition',
    faults,
    advice:
      'a missing topic: check KAFKA_TOPIC, RETRY_TOPIC and DLQ_TOPIC; records that Kafka deleted or lost: produce them again, from their origin',
  })
}

function positionFaults({ topic, partition, logStart, logEnd, entry }: PartitionBooks): string[] {
  if (entry === undefined) return []
  const where = `${topic}-${partition}`
  const { origin, nextOffset } = entry
  if (nextOffset < origin) return [`${where} stands at ${nextOffset}, before its origin ${origin}`]
  if (nextOffset > logEnd)
    return [`${where} stands at ${nextOffset}, but its log ends at ${logEnd}: Kafka lost records`]
  const top = entry.ahead.at(-1)?.to ?? nextOffset
  if (top > logEnd)
    return [`${where} was settled up to ${top}, but its log ends at ${logEnd}: Kafka lost records`]
  const unread = unsettledBelow(entry, logStart)
  if (nextOffset < logStart && unread > 0) {
    return [
      `${where} stands at ${nextOffset}, but its log starts at ${logStart}: ${unread} unread records were deleted`,
    ]
  }
  return []
}

function checkOrders({ ledger, orders }: Reading): Account {
  const stored = total(ledger, 'stored')
  return account('orders', stored, orders, {
    explains: 'orders that were stored, and rows in the table orders',
    faults: [],
    advice:
      orders < stored
        ? 'orders were deleted, or the ledger was changed; --deep names them, and a rewind reads them again'
        : 'orders were inserted by something else, or the ledger was changed; --deep names them',
  })
}

function checkDeadLetters({ ledger, deadLetters }: Reading): Account {
  return account('dead-letters', total(ledger, 'archived'), deadLetters, {
    explains: 'dead letters that were archived, and rows in the table dlq',
    faults: [],
    advice: 'rows were deleted or inserted by something else, or the ledger was changed; --deep names them',
  })
}

/**
 * What a role sends is acknowledged by Kafka before it counts, so without a lag there is at least as much on
 * the other side. More, when a crash made one original into two, or somebody else writes there as well.
 */
function checkDeadLetterFlow(reading: Reading): Account {
  const sent = total(ofRoles(reading, 'orders', 'retries'), 'dead_lettered')
  return account('dead-letter-flow', sent, Math.min(sent, arrived(reading, 'dead-letters')), {
    explains: `records sent to the dead letters, and how many of them arrived at least${waiting(reading, 'dead-letters')}`,
    faults: [],
    advice:
      'dead letters that Kafka acknowledged did not come back from it: see whether their topic lost records; --deep names their originals',
  })
}

function checkRetryFlow(reading: Reading): Account {
  const sent = total(ofRoles(reading, 'orders'), 'retried')
  return account('retry-flow', sent, Math.min(sent, arrived(reading, 'retries')), {
    explains: `records sent to retry, and how many of them arrived at least${waiting(reading, 'retries')}`,
    faults: [],
    advice:
      'retries that Kafka acknowledged did not come back from it: see whether their topic lost records; --deep names their originals',
  })
}

function checkWholeOrders({ brokenOrders }: Reading): Account {
  const broken = brokenOrders.reduce((count, problem) => count + problem.count, 0)
  return account('whole-orders', 0, broken, {
    explains: 'orders that are not there with all their parts',
    faults: brokenOrders.map(
      ({ problem, count, example }) => `${count} ${problem} (${JSON.stringify(example)})`,
    ),
    advice:
      'the tables were changed by something else: delete what is left of these orders and rewind, so that they are stored again',
  })
}

function checkExpired(ledger: readonly LedgerEntry[]): Account {
  const acknowledged = ledger.reduce((count, row) => count + row.expiredAcknowledged, 0)
  return account('expired', total(ledger, 'expired'), acknowledged, {
    explains: 'records that Kafka deleted before they were read, and how many of them somebody looked into',
    faults: ledger
      .filter(({ counts, expiredAcknowledged }) => counts.expired !== expiredAcknowledged)
      .map((row) => `${nameOf(row)}: ${row.counts.expired - row.expiredAcknowledged}`),
    advice:
      'produce them again if their origin still has them; then npm run audit -- --acknowledge-expired "<reason>"',
  })
}

/** Offsets that were read again on purpose count once more, so they are taken away. */
function sumOf(counts: LedgerEntry['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0) - 2 * counts.rewound
}

function nameOf({ topic, partition, consumerGroup }: LedgerEntry): string {
  return `${topic}-${partition} (${consumerGroup})`
}
