import { expectedLosses, type Check, type Finding, type Limits } from './check.ts'
import {
  acknowledgedContents,
  byDigest,
  countBy,
  describe,
  isStored,
  short,
  storedContents,
} from './check-list.ts'
import type { Evidence } from './evidence.ts'

/** What is stored: each order whole, once, and never overwritten. */
export const ORDER_CHECKS: readonly Check[] = [
  { name: 'every order is whole', guarantee: 'G2', judge: brokenOrders },
  { name: 'no part of an order is without it', guarantee: 'G2', judge: orphans },
  { name: 'no order is stored twice', guarantee: 'G3', judge: storedTwice },
  { name: 'an order has a content that was acknowledged', guarantee: 'G3', judge: otherContents },
  { name: 'another content of a stored order is a conflict', guarantee: 'G3', judge: overwritten },
  { name: 'a conflict is not what is stored', guarantee: 'G3', judge: conflictsWithItself },
]

function brokenOrders({ orders }: Evidence): Finding[] {
  return orders.flatMap(({ uid, claimed, content, deliveries, payments }) => {
    if (deliveries !== 1) return [`order ${uid} has ${deliveries} rows in delivery`]
    if (payments !== 1) return [`order ${uid} has ${payments} rows in payment`]
    if (content === undefined) return [`order ${uid} can't be read from its parts`]
    if (content !== claimed)
      return [`order ${uid} claims content ${short(claimed)}, and its parts give ${short(content)}`]
    return []
  })
}

function orphans({ orphans: counts }: Evidence): Finding[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => `${count} rows of ${table} belong to no order`)
}

function storedTwice({ orders }: Evidence): Finding[] {
  return [...countBy(orders, ({ uid }) => uid)]
    .filter(([, count]) => count > 1)
    .map(([uid, count]) => `order ${uid} is stored ${count} times`)
}

function otherContents({ acknowledged, orders }: Evidence): Finding[] {
  const contents = acknowledgedContents(acknowledged)
  return orders
    .filter(({ uid, claimed }) => contents.get(uid)?.has(claimed) === false)
    .map(({ uid, claimed }) => `order ${uid} has content ${short(claimed)}, which was never acknowledged`)
}

/** What was stored first stays, and what came behind it is on view. */
function overwritten(evidence: Evidence, limits: Limits): Finding[] {
  const stored = storedContents(evidence)
  const conflicts = new Set(
    evidence.deadLetters.filter(({ errorType }) => errorType === 'conflict').map(({ digest }) => digest),
  )
  const found: Finding[] = []
  let records = 0
  for (const each of byDigest(evidence.acknowledged)) {
    const { uid, content, digest } = each.record
    if (uid === undefined || content === undefined || conflicts.has(digest)) continue
    const wins = stored.get(uid)
    if (wins === undefined || wins === content) continue
    records += each.records
    found.push(`${describe(each.record)} is no conflict, and ${short(wins)} is stored`)
  }
  return records <= expectedLosses(evidence, limits) ? [] : found
}

/**
 * All records of an order are in one partition, so each time they are read the same content comes first. Only a
 * reset lets another win, or a topic that takes the first with it: then the winner may have been a conflict before.
 */
function conflictsWithItself(evidence: Evidence): Finding[] {
  const stored = storedContents(evidence)
  const contents = acknowledgedContents(evidence.acknowledged)
  const wasReset = evidence.resets.length > 0
  const conflicts = new Set(
    evidence.deadLetters.filter(({ errorType }) => errorType === 'conflict').map(({ digest }) => digest),
  )
  const found: Finding[] = []
  for (const { record } of byDigest(evidence.acknowledged)) {
    if (!conflicts.has(record.digest) || !isStored(record, stored)) continue
    if (wasReset && (contents.get(record.uid ?? '')?.size ?? 0) > 1) continue
    found.push(`${describe(record)} is a conflict, and just that content is stored`)
  }
  return found
}
