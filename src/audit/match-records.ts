import { readOrder, type ReadOrder } from '../order/read-order.ts'
import { recordDigest } from '../pipeline/dead-letters-role.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { DeadLetterIdentity, OrderIdentity } from '../postgres/audit-identities.ts'
import type { Finding } from './findings.ts'

/** As large as anything in Kafka: a smaller limit of the service made dead letters, which are looked up. */
export const LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxDepth: 64 }

/** Records of one partition, and all rows that say they came from there. */
export interface RecordsAndRows {
  readonly records: readonly SourceRecord[]
  readonly orders: readonly OrderIdentity[]
  readonly deadLetters: readonly DeadLetterIdentity[]
}

/** A record that neither an order nor a dead letter claims: it must be a duplicate, if it is an order. */
export interface Unclaimed {
  readonly record: SourceRecord
  readonly reading: ReadOrder
}

/** A row whose content hash has another version than ours, so that only content can be compared. */
export interface OtherVersion {
  readonly order: OrderIdentity
  readonly canonical: Buffer
}

export interface Match {
  readonly findings: readonly Finding[]
  readonly unclaimed: readonly Unclaimed[]
  readonly otherVersion: readonly OtherVersion[]
  /** Dead letters that are not the record at the place they name. */
  readonly unexplained: readonly DeadLetterIdentity[]
}

interface Claims {
  readonly orders: OrderIdentity[]
  readonly deadLetters: DeadLetterIdentity[]
}

/** Compares records with the rows that name them as their source, in both directions. Pure. */
export function matchRecords({ records, orders, deadLetters }: RecordsAndRows): Match {
  const findings: Finding[] = []
  const unclaimed: Unclaimed[] = []
  const otherVersion: OtherVersion[] = []
  const unexplained: DeadLetterIdentity[] = []
  const claims = claimsByOffset(orders, deadLetters)
  for (const record of records) {
    const reading = readOrder(record.value, LIMITS)
    const claim = claims.get(record.offset)
    claims.delete(record.offset)
    let isClaimed = false
    for (const order of claim?.orders ?? []) {
      const verdict = compare(order, reading)
      if (typeof verdict === 'object') findings.push({ ...verdict, topic: record.topic })
      // An order of another uid says nothing of this record; one that differs from it is fault enough.
      if (typeof verdict !== 'object' || verdict.kind === 'order_differs_from_record') isClaimed = true
      if (verdict === 'other_version' && reading.ok)
        otherVersion.push({ order, canonical: reading.canonical })
    }
    for (const deadLetter of claim?.deadLetters ?? []) {
      if (deadLetter.digest.equals(recordDigest(record))) isClaimed = true
      else unexplained.push(deadLetter)
    }
    if (!isClaimed) unclaimed.push({ record, reading })
  }
  for (const claim of claims.values()) {
    unexplained.push(...claim.deadLetters)
    for (const order of claim.orders)
      findings.push(orderWithoutRecord(order, 'there is no record at this offset'))
  }
  return { findings, unclaimed, otherVersion, unexplained }
}

export function orderWithoutRecord(order: OrderIdentity, detail: string): Finding {
  const { uid, topicId, partition, offset } = order
  return { kind: 'order_without_record', uid, topicId, partition, offset, detail }
}

function claimsByOffset(
  orders: readonly OrderIdentity[],
  deadLetters: readonly DeadLetterIdentity[],
): Map<number, Claims> {
  const claims = new Map<number, Claims>()
  const at = (offset: number): Claims => {
    const known = claims.get(offset) ?? { orders: [], deadLetters: [] }
    claims.set(offset, known)
    return known
  }
  for (const order of orders) at(order.offset).orders.push(order)
  for (const deadLetter of deadLetters) at(deadLetter.offset).deadLetters.push(deadLetter)
  return claims
}

function compare(order: OrderIdentity, reading: ReadOrder): 'same' | 'other_version' | Finding {
  if (!reading.ok) return orderWithoutRecord(order, 'the record at this offset is not a valid order')
  if (reading.order.order_uid !== order.uid)
    return orderWithoutRecord(order, 'the record at this offset has another order_uid')
  if (reading.contentHash[0] !== order.contentHash[0]) return 'other_version'
  if (reading.contentHash.equals(order.contentHash)) return 'same'
  const { uid, topicId, partition, offset } = order
  return { kind: 'order_differs_from_record', uid, topicId, partition, offset }
}
