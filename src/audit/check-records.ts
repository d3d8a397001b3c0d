import { recordDigest } from '../pipeline/dead-letters-role.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { DeadLetterIdentity, OrderIdentity, Source } from '../postgres/audit-identities.ts'
import type { RowCursor } from '../postgres/row-cursor.ts'
import { comesBefore, isInTheBooks, readableRanges, wasSkipped, type ReadableRange } from './coverage.ts'
import type { DeepAudit } from './deep-audit.ts'
import { matchRecords, orderWithoutRecord, type OtherVersion, type Unclaimed } from './match-records.ts'
import { readRanges } from './read-records.ts'

/** The rows that claim to come from Kafka, each passed over once, beside the records they claim. */
interface Rows {
  readonly orders: RowCursor<OrderIdentity>
  readonly deadLetters: RowCursor<DeadLetterIdentity>
}

/**
 * Reads the settled records of `orders` again, beside the orders and dead letters in the order of their
 * source: every record must have its outcome, and every row its record. Nothing but the few that do not
 * meet this way is looked up, and memory holds some thousand of each.
 */
export async function checkRecords(audit: DeepAudit): Promise<void> {
  const { snapshot, reading, suspects } = audit
  const rows: Rows = {
    orders: await snapshot.ordersBySource(),
    deadLetters: await snapshot.deadLettersBySource(),
  }
  const inTheBooks = isInTheBooks(reading.ledger)
  const stray = {
    order: (order: OrderIdentity): void => {
      if (inTheBooks(order)) audit.notVerifiable.orders++
      else audit.findings.add(orderWithoutRecord(order, 'the ledger knows of no record there'))
    },
    deadLetter: (deadLetter: DeadLetterIdentity): void => {
      if (inTheBooks(deadLetter) && !suspects.canBeTraced(deadLetter)) audit.notVerifiable.deadLetters++
      else suspects.addDeadLetter(deadLetter)
    },
  }
  for await (const { range, stretch } of readRanges(audit.log, readableRanges(reading, 'orders'))) {
    audit.signal.throwIfAborted()
    await passOver(rows, { ...range, offset: stretch.from }, stray)
    if (stretch.type === 'records') await checkStretch(audit, rows, range, stretch)
    if (stretch.type === 'unreadable' && !wasSkipped(audit.skipped, { ...range, ...stretch })) {
      const { topic, partition } = range
      audit.findings.add({ kind: 'unreadable', topic, partition, offset: stretch.from })
    }
    await suspects.settleIfMany()
    audit.advance(stretch.to - stretch.from)
  }
  await passOver(rows, undefined, stray)
}

/** What to do with a row that comes by. */
interface Receivers {
  readonly order: (order: OrderIdentity) => void
  readonly deadLetter: (deadLetter: DeadLetterIdentity) => void
}

async function passOver(rows: Rows, end: Source | undefined, receivers: Receivers): Promise<void> {
  const isBefore = (row: Source): boolean => end === undefined || comesBefore(row, end)
  await rows.orders.takeWhile(isBefore, receivers.order)
  await rows.deadLetters.takeWhile(isBefore, receivers.deadLetter)
}

async function checkStretch(
  audit: DeepAudit,
  rows: Rows,
  range: ReadableRange,
  { records, to }: { readonly records: readonly SourceRecord[]; readonly to: number },
): Promise<void> {
  const orders: OrderIdentity[] = []
  const deadLetters: DeadLetterIdentity[] = []
  await passOver(
    rows,
    { ...range, offset: to },
    { order: (row) => orders.push(row), deadLetter: (row) => deadLetters.push(row) },
  )
  const match = matchRecords({ records, orders, deadLetters })
  for (const finding of match.findings) audit.findings.add(finding)
  for (const deadLetter of match.unexplained) audit.suspects.addDeadLetter(deadLetter)
  await checkOtherVersions(audit, match.otherVersion)
  await checkUnclaimed(audit, range, match.unclaimed)
  audit.counts.records += records.length
}

async function checkOtherVersions({ snapshot, findings }: DeepAudit, rows: readonly OtherVersion[]) {
  for (const { order, canonical } of rows) {
    const { uid, topicId, partition, offset } = order
    if ((await snapshot.canonicalOrder(uid))?.equals(canonical) !== true)
      findings.add({ kind: 'order_differs_from_record', uid, topicId, partition, offset })
  }
}

/** Right are those whose content is stored under their uid: duplicates. The rest may be dead letters on their way. */
async function checkUnclaimed(
  { snapshot, suspects, skipped }: DeepAudit,
  { topic, topicId }: ReadableRange,
  unclaimed: readonly Unclaimed[],
): Promise<void> {
  const uids = new Set(unclaimed.flatMap(({ reading }) => (reading.ok ? [reading.order.order_uid] : [])))
  const stored = uids.size === 0 ? new Map<string, Buffer>() : await snapshot.contentHashes([...uids])
  for (const { record, reading } of unclaimed) {
    const uid = reading.ok ? reading.order.order_uid : undefined
    const hash = uid === undefined ? undefined : stored.get(uid)
    if (reading.ok && hash !== undefined && uid !== undefined) {
      if (hash.equals(reading.contentHash)) continue
      const otherVersion = hash[0] !== reading.contentHash[0]
      if (otherVersion && (await snapshot.canonicalOrder(uid))?.equals(reading.canonical) === true) continue
    }
    const { partition, offset } = record
    if (wasSkipped(skipped, { topicId, partition, from: offset, to: offset + 1 })) continue
    suspects.add({ topic, topicId, partition, offset }, recordDigest(record), {
      kind: 'record_without_outcome',
      topic,
      partition,
      offset,
      ...(uid !== undefined && { uid }),
    })
  }
}
