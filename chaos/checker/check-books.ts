import { expectedLosses, type Check, type Finding, type Limits } from './check.ts'
import { countBy } from './check-list.ts'
import type { Evidence, LedgerRow, Role, TopicState } from './evidence.ts'

/** The ledger: each row in itself, against the logs, and its sums against the tables and each other. */
export const BOOK_CHECKS: readonly Check[] = [
  { name: 'each row accounts for its offsets', guarantee: 'ledger', judge: unbalanced },
  { name: 'one row for each partition', guarantee: 'ledger', judge: rowsTwice },
  { name: 'the books begin where the logs do', guarantee: 'ledger', judge: begunLate },
  { name: 'the books stand at the end of the logs', guarantee: 'ledger', judge: notAtEnd },
  { name: 'as many orders as were booked', guarantee: 'ledger', judge: ordersNotBooked },
  { name: 'as many dead letters as were booked', guarantee: 'ledger', judge: deadLettersNotBooked },
  { name: 'dead letters that were sent have arrived', guarantee: 'ledger', judge: deadLettersOnTheWay },
  { name: 'retries that were sent have arrived', guarantee: 'ledger', judge: retriesOnTheWay },
  { name: 'records expire only with their topic', guarantee: 'ledger', judge: expiredInPresentTopics },
  { name: 'nobody moved the books', guarantee: 'ledger', judge: movedByHand },
]

/** What a row counts, each offset once. */
const COUNTS = [
  'stored',
  'duplicates',
  'retried',
  'deadLettered',
  'forwarded',
  'archived',
  'reopened',
  'expired',
  'absent',
  'skipped',
] as const
type Count = (typeof COUNTS)[number]

function unbalanced({ ledger }: Evidence): Finding[] {
  return ledger.flatMap((row) => {
    const negative = [...COUNTS, 'rewound' as const].find((count) => row[count] < 0)
    if (negative !== undefined) return [`${nameOf(row)} has ${row[negative]} ${negative}`]
    const accounted = COUNTS.reduce((total, count) => total + row[count], -row.rewound)
    const passed = row.next - row.origin
    return passed === accounted
      ? []
      : [`${nameOf(row)} passed ${passed} offsets and accounts for ${accounted}`]
  })
}

function rowsTwice({ ledger }: Evidence): Finding[] {
  return [...countBy(ledger, nameOf)]
    .filter(([, count]) => count > 1)
    .map(([name, count]) => `${name} has ${count} rows`)
}

/** Offsets before the origin are in nobody's books. A log only grows at its start, so its start was never later. */
function begunLate(evidence: Evidence): Finding[] {
  return partitionsOf(evidence).flatMap(({ name, start, row }) =>
    row !== undefined && row.origin > start
      ? [`${name} was read from ${row.origin}, and its log starts at ${start}`]
      : [],
  )
}

function notAtEnd(evidence: Evidence): Finding[] {
  return partitionsOf(evidence).flatMap(({ name, start, end, row }) => {
    if (row === undefined)
      return end > start ? [`${name} has no row, and its log goes from ${start} to ${end}`] : []
    return row.next === end ? [] : [`${name} stands at ${row.next}, and its log ends at ${end}`]
  })
}

function ordersNotBooked({ ledger, orders }: Evidence): Finding[] {
  const stored = sum(ledger, 'stored')
  return stored === orders.length
    ? []
    : [`${stored} orders were booked as stored, and ${orders.length} are there`]
}

function deadLettersNotBooked({ ledger, deadLetters }: Evidence): Finding[] {
  const archived = sum(ledger, 'archived')
  if (archived === deadLetters.length) return []
  return [`${archived} dead letters were booked as archived, and ${deadLetters.length} are there`]
}

function deadLettersOnTheWay(evidence: Evidence, limits: Limits): Finding[] {
  if (expectedLosses(evidence, limits) === Infinity) return []
  const sent = sum(evidence.ledger, 'deadLettered')
  const arrived = sum(booksOf(evidence, 'dead-letters'), 'archived', 'duplicates', 'reopened', 'expired')
  return sent <= arrived ? [] : [`${sent} records were sent to the dead letters, and ${arrived} arrived`]
}

function retriesOnTheWay(evidence: Evidence, limits: Limits): Finding[] {
  if (expectedLosses(evidence, limits) === Infinity) return []
  const sent = sum(evidence.ledger, 'retried')
  const arrived = sum(booksOf(evidence, 'retries'), 'forwarded', 'deadLettered', 'expired')
  return sent <= arrived ? [] : [`${sent} records were sent to retry, and ${arrived} arrived`]
}

function expiredInPresentTopics(evidence: Evidence, { retention }: Limits): Finding[] {
  if (retention) return []
  return partitionsOf(evidence).flatMap(({ name, row }) =>
    row !== undefined && row.expired > 0 ? [`${name} lost ${row.expired} records before they were read`] : [],
  )
}

/** Only an operator does, and a run has none. */
function movedByHand({ ledger }: Evidence): Finding[] {
  return ledger
    .filter(({ skipped, rewound }) => skipped !== 0 || rewound !== 0)
    .map((row) => `${nameOf(row)} passed over ${row.skipped} offsets and went back over ${row.rewound}`)
}

interface Partition {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly row: LedgerRow | undefined
}

/** Of the topics as they are now, by their ids: another id is another topic, whatever its name. */
function partitionsOf({ topics, ledger }: Evidence): Partition[] {
  const rows = new Map(ledger.map((row) => [nameOf(row), row]))
  return topics.flatMap(({ role, group, topicId, ranges }) =>
    ranges.map(({ start, end }, partition) => {
      const name = nameOf({ topicId, partition, group })
      return { name: `${role} ${name}`, start, end, row: rows.get(name) }
    }),
  )
}

function booksOf({ topics, ledger }: Evidence, role: Role): LedgerRow[] {
  const groups = new Set(topics.filter((topic: TopicState) => topic.role === role).map(({ group }) => group))
  return ledger.filter(({ group }) => groups.has(group))
}

function sum(ledger: readonly LedgerRow[], ...counts: readonly Count[]): number {
  return ledger.reduce((total, row) => counts.reduce((part, count) => part + row[count], total), 0)
}

function nameOf({ topicId, partition, group }: Pick<LedgerRow, 'topicId' | 'partition' | 'group'>): string {
  return `${topicId}-${partition} (${group})`
}
