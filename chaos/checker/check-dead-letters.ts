import { expectedLosses, type Check, type Finding, type Limits } from './check.ts'
import { countBy, short } from './check-list.ts'
import type { ArchivedDeadLetter, Evidence } from './evidence.ts'

export const DEAD_LETTER_CHECKS: readonly Check[] = [
  { name: 'a dead letter is a record that was acknowledged', guarantee: 'G5', judge: changedOrInvented },
  { name: 'no dead letter is archived twice', guarantee: 'G5', judge: archivedTwice },
  { name: 'a dead letter comes from a place that was read', guarantee: 'G5', judge: misplaced },
  { name: 'trouble makes no dead letter', guarantee: 'G6', judge: madeByTrouble },
  { name: 'an order is a dead letter only as a conflict', guarantee: 'G6', judge: refusedOrders },
  { name: 'a record that is no order is no conflict', guarantee: 'G5', judge: conflictsOfNothing },
  { name: 'no outage spends an attempt', guarantee: 'G6', judge: spentAttempts },
]

/** A record that is at fault has one of the others; these say that something else was. */
const TROUBLE: ReadonlySet<string> = new Set([
  'retries_exhausted',
  'serialization_conflict',
  'timeout',
  'unclassified',
])

/** Digests are of all bytes, so a byte that changed on the way shows here, and as a record without an end. */
function changedOrInvented({ acknowledged, deadLetters }: Evidence): Finding[] {
  const known = new Set(acknowledged.map(({ digest }) => digest))
  return deadLetters
    .filter(({ digest }) => !known.has(digest))
    .map((letter) => `${describe(letter)} has other bytes than any record that was acknowledged`)
}

function archivedTwice({ deadLetters }: Evidence): Finding[] {
  const entries = [...countBy(deadLetters, ({ entry }) => entry)]
  const places = [...countBy(deadLetters, (letter) => `${placeOf(letter)} (${short(letter.digest)})`)]
  return [
    ...entries.filter(([, count]) => count > 1).map(([id, count]) => `entry ${id} is there ${count} times`),
    ...places
      .filter(([, count]) => count > 1)
      .map(([place, count]) => `the record at ${place} is archived ${count} times`),
  ]
}

function misplaced(evidence: Evidence): Finding[] {
  // Then the ledger may stand before a place in a topic that nobody can read again.
  if (expectedLosses(evidence) === Infinity) return []
  const groups = new Set(evidence.topics.filter(({ role }) => role === 'orders').map(({ group }) => group))
  const rows = new Map(
    evidence.ledger
      .filter(({ group }) => groups.has(group))
      .map((row) => [`${row.topicId}/${row.partition}`, row]),
  )
  return evidence.deadLetters
    .filter(({ sourceTopicId, sourcePartition, sourceOffset }) => {
      const row = rows.get(`${sourceTopicId}/${sourcePartition}`)
      return row === undefined || sourceOffset < row.origin || sourceOffset >= row.next
    })
    .map((letter) => `${describe(letter)} comes from a place that the ledger has not passed`)
}

function madeByTrouble({ deadLetters }: Evidence): Finding[] {
  return deadLetters
    .filter(({ errorType }) => TROUBLE.has(errorType))
    .map((letter) => `${describe(letter)} was given up for ${letter.errorType}`)
}

function refusedOrders({ acknowledged, deadLetters }: Evidence): Finding[] {
  const orders = new Map(
    acknowledged.filter(({ content }) => content !== undefined).map(({ digest, uid }) => [digest, uid]),
  )
  return deadLetters
    .filter(({ digest, errorType }) => errorType !== 'conflict' && orders.has(digest))
    .map((letter) => `${describe(letter)} is order ${orders.get(letter.digest)}: ${letter.errorType}`)
}

function conflictsOfNothing({ acknowledged, deadLetters }: Evidence): Finding[] {
  const invalid = new Set(
    acknowledged.filter(({ content }) => content === undefined).map(({ digest }) => digest),
  )
  return deadLetters
    .filter(({ digest, errorType }) => errorType === 'conflict' && invalid.has(digest))
    .map((letter) => `${describe(letter)} is called a conflict, and is no order`)
}

function spentAttempts({ ledger }: Evidence, { retries }: Limits): Finding[] {
  const retried = ledger.reduce((records, row) => records + row.retried, 0)
  if (retried <= retries) return []
  return [`${retried} records were sent to retry, at most ${retries} had a reason of their own`]
}

function describe(letter: ArchivedDeadLetter): string {
  return `dead letter ${letter.entry} of ${placeOf(letter)}`
}

function placeOf({ sourceTopicId, sourcePartition, sourceOffset }: ArchivedDeadLetter): string {
  return `${sourceTopicId}-${sourcePartition} at ${sourceOffset}`
}
