import { isOrderUid } from '../order/order.ts'
import type { LedgerColumn } from '../pipeline/ledger.ts'
import type { LedgerEntry } from '../postgres/audit-database.ts'
import type { Account } from './accounts.ts'
import type { Identities } from './deep-audit.ts'
import type { Finding, FindingKind } from './findings.ts'
import { currentPartitions, type Reading } from './reading.ts'
import { align } from './table.ts'

/** The answer of an audit. */
export interface AuditReport {
  readonly balanced: boolean
  readonly accounts: readonly Account[]
  readonly partitions: readonly ReportedPartition[]
  readonly notes: readonly string[]
  /** Only of a deep audit. */
  readonly identities?: Omit<Identities, 'account'>
}

/** A partition of a topic as it is now, or a row of the ledger about a topic that is gone. */
export interface ReportedPartition {
  readonly consumerGroup: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Null while nothing of the partition was read. */
  readonly origin: number | null
  readonly nextOffset: number | null
  /** Null when this topic id is gone. */
  readonly logEnd: number | null
  readonly lag: number | null
  readonly counts: Readonly<Partial<Record<LedgerColumn, number>>>
}

export function makeReport(
  reading: Reading,
  accounts: readonly Account[],
  identities: Identities | undefined,
): AuditReport {
  const all = identities === undefined ? accounts : [...accounts, identities.account]
  const report = {
    balanced: all.every(({ ok }) => ok),
    accounts: all,
    partitions: reportedPartitions(reading),
    notes: notesOn(reading, identities),
  }
  if (identities === undefined) return report
  const { account: _, ...rest } = identities
  return { ...report, identities: rest }
}

function reportedPartitions(reading: Reading): ReportedPartition[] {
  const groups = new Map(reading.topics.map(({ role, consumerGroup }) => [role, consumerGroup]))
  const current = currentPartitions(reading)
  const shown = new Set(current.map(({ entry }) => entry))
  return [
    ...current.map(({ role, topic, topicId, partition, logEnd, lag, entry }) => ({
      consumerGroup: groups.get(role) ?? '',
      topic,
      topicId,
      partition,
      origin: entry?.origin ?? null,
      nextOffset: entry?.nextOffset ?? null,
      logEnd,
      lag,
      counts: entry?.counts ?? {},
    })),
    ...reading.ledger.filter((row) => !shown.has(row)).map(pastPartition),
  ]
}

function pastPartition(row: LedgerEntry): ReportedPartition {
  const { consumerGroup, topic, topicId, partition, origin, nextOffset, counts } = row
  return { consumerGroup, topic, topicId, partition, origin, nextOffset, logEnd: null, lag: null, counts }
}

function notesOn({ ledger }: Reading, identities: Pick<Identities, 'notVerifiable'> | undefined): string[] {
  const total = (column: LedgerColumn): number => ledger.reduce((sum, { counts }) => sum + counts[column], 0)
  const notes: string[] = []
  const note = (count: number, text: string): void => {
    if (count > 0) notes.push(`${count} ${text}`)
  }
  note(total('skipped'), 'records were passed over by an operator; the audit log tells why')
  note(total('rewound'), 'offsets were read again on purpose')
  note(total('expired'), 'records were deleted by Kafka before they were read')
  if (identities === undefined) return notes
  const { orders, deadLetters, otherVersions } = identities.notVerifiable
  note(total('retried'), 'records were sent to retry; those that still wait there have no outcome yet')
  note(orders, 'orders could not be compared with their record, which Kafka no longer has')
  note(deadLetters, 'dead letters could not be compared with their record, which Kafka no longer has')
  note(otherVersions, 'orders have a content hash of another version, which can not be computed again')
  return notes
}

const NAMED_FINDINGS = 50
const COLUMNS: readonly LedgerColumn[] = ['stored', 'duplicates', 'dead_lettered', 'archived']
const SHOWN_UNLESS_ZERO: readonly LedgerColumn[] = [
  'retried',
  'forwarded',
  'reopened',
  'expired',
  'absent',
  'skipped',
  'rewound',
]

/** The report for people. Its last line is BALANCED, or NOT BALANCED with the accounts that are off. */
export function formatReport({ balanced, accounts, partitions, notes, identities }: AuditReport): string {
  const off = accounts.filter(({ ok }) => !ok).map(({ name }) => name)
  return [
    ...partitionTable(partitions),
    '',
    ...accounts.flatMap(accountLines),
    ...(identities === undefined ? [] : ['', ...findingLines(identities)]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((text) => `Note: ${text}.`)]),
    '',
    balanced ? 'BALANCED' : `NOT BALANCED: ${off.join(', ')}`,
    '',
  ].join('\n')
}

function partitionTable(partitions: readonly ReportedPartition[]): string[] {
  const used = SHOWN_UNLESS_ZERO.filter((column) =>
    partitions.some(({ counts }) => (counts[column] ?? 0) > 0),
  )
  const columns = [...COLUMNS, ...used]
  const head = ['topic', 'partition', 'group', 'origin', 'next', 'log end', 'lag', ...columns]
  const rows = partitions.map(
    ({ topic, partition, consumerGroup, origin, nextOffset, logEnd, lag, counts }) => [
      topic,
      String(partition),
      consumerGroup,
      ...[origin, nextOffset, logEnd ?? 'gone', lag].map((figure) => String(figure ?? '-')),
      ...columns.map((column) => String(counts[column] ?? '-')),
    ],
  )
  return align([head, ...rows], 3)
}

function accountLines({ name, ok, expected, actual, explanation, advice }: Account): string[] {
  const figures = expected === actual ? String(actual) : `expected ${expected}, found ${actual}`
  const lines = [`${ok ? '✓' : '✗'} ${name.padEnd(16)}  ${figures}  (${explanation})`]
  return advice === undefined ? lines : [...lines, `    what to do: ${advice}`]
}

const WORDS: Readonly<Record<FindingKind, string>> = {
  record_without_outcome: 'record that is neither stored nor a dead letter',
  order_without_record: 'order that was not stored from the record it names',
  order_differs_from_record: 'order that differs from its record',
  order_altered: 'order whose rows are not what its content hash says',
  dead_letter_not_archived: 'dead letter that is not in the table dlq',
  dead_letter_altered: 'dead letter whose bytes are not what its digest says',
  dead_letter_without_record: 'dead letter that is not the record it names',
  unreadable: 'batch that can not be decoded; nothing behind it was compared',
}

function findingLines({ checked, findings, findingCount }: Omit<Identities, 'account'>): string[] {
  const { records, orders, deadLetters } = checked
  const rest = findingCount - Math.min(findings.length, NAMED_FINDINGS)
  return [
    `Compared ${records} records, ${orders} orders and ${deadLetters} dead letters.`,
    ...findings.slice(0, NAMED_FINDINGS).map((finding) => `- ${describeFinding(finding)}`),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
  ]
}

export function describeFinding({
  kind,
  topic,
  topicId,
  partition,
  offset,
  uid,
  entry,
  detail,
}: Finding): string {
  const where = offset === undefined ? '' : ` ${topic ?? topicId}-${partition} at ${offset}`
  // What was inserted by hand may hold anything, also what a terminal obeys.
  const order = uid === undefined ? '' : ` ${isOrderUid(uid) ? uid : JSON.stringify(uid)}`
  return `${WORDS[kind]}:${order}${entry === undefined ? '' : ` ${entry}`}${where}${detail ? ` (${detail})` : ''}`
}
