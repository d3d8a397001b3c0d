import type { LedgerColumn } from '../pipeline/ledger.ts'
import type { LedgerEntry } from '../postgres/audit-database.ts'
import { currentPartitions, type PartitionBooks, type Reading, type RoleName } from './reading.ts'

export type AccountName =
  | 'offsets'
  | 'positions'
  | 'orders'
  | 'dead-letters'
  | 'dead-letter-flow'
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
    checkWholeOrders(reading),
    checkExpired(reading.ledger),
  ]
}

/** For an audit that was asked to wait until nothing is on its way. */
export function checkSettled(reading: Reading): Account {
  const behind = currentPartitions(reading).filter(({ lag }) => lag > 0)
  const lag = behind.reduce((records, partition) => records + partition.lag, 0)
  return account('settled', 0, lag, {
    explains: 'records that are not settled yet',
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
      `${nameOf(row)} is gone with ${row.seenEnd - row.nextOffset} unread records, which will be booked as expired`,
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
  if (nextOffset < logStart) {
    const unread = logStart - nextOffset
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
 * A dead letter is acknowledged by Kafka before its record counts as dead-lettered, so without a lag
 * there are at least as many on the other side. More, when a crash made one original into two.
 */
function checkDeadLetterFlow(reading: Reading): Account {
  const sent = total(ofRoles(reading, 'orders', 'retries'), 'dead_lettered')
  const received = ofRoles(reading, 'dead-letters')
  const settled =
    total(received, 'archived') +
    total(received, 'reopened') +
    total(received, 'duplicates') +
    total(received, 'expired') +
    total(received, 'skipped')
  const waiting = currentPartitions(reading)
    .filter(({ role }) => role === 'dead-letters')
    .reduce((lag, partition) => lag + partition.lag, 0)
  const explains = 'records sent to the dead letters, and how many of them arrived at least'
  return account('dead-letter-flow', sent, Math.min(sent, settled + waiting), {
    explains: waiting > 0 ? `${explains} (${waiting} of them wait to be archived)` : explains,
    faults: [],
    advice:
      'dead letters that Kafka acknowledged did not come back from it: see whether their topic lost records; --deep names their originals',
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

/** Rows of the consumer groups that are configured; other groups keep their own books. */
function ofRoles({ ledger, topics }: Reading, ...roles: readonly RoleName[]): LedgerEntry[] {
  const groups = new Set(
    topics.filter(({ role }) => roles.includes(role)).map(({ consumerGroup }) => consumerGroup),
  )
  return ledger.filter(({ consumerGroup }) => groups.has(consumerGroup))
}

function total(ledger: readonly LedgerEntry[], column: LedgerColumn): number {
  return ledger.reduce((count, row) => count + row.counts[column], 0)
}

/** Offsets that were read again on purpose count once more, so they are taken away. */
function sumOf(counts: LedgerEntry['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0) - 2 * counts.rewound
}

function nameOf({ topic, partition, consumerGroup }: LedgerEntry): string {
  return `${topic}-${partition} (${consumerGroup})`
}
