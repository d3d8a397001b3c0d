import { expectedLosses, type Check, type Finding, type Limits } from './check.ts'
import { countBy, short } from './check-list.ts'
import type { ArchivedDeadLetter, Evidence, LedgerRow, Role } from './evidence.ts'

export const DEAD_LETTER_CHECKS: readonly Check[] = [
  { name: 'a dead letter is a record that was acknowledged', guarantee: 'G5', judge: changedOrInvented },
  { name: 'no dead letter is archived twice', guarantee: 'G5', judge: archivedTwice },
  { name: 'a dead letter comes from a place that was read', guarantee: 'G5', judge: misplaced },
  { name: 'each place that was dead-lettered is archived', guarantee: 'G5', judge: notByPlace },
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

function misplaced(evidence: Evidence, limits: Limits): Finding[] {
  // Then the ledger may stand before a place in a topic that nobody can read again.
  if (expectedLosses(evidence, limits) === Infinity) return []
  const rows = new Map(rowsOfRole(evidence, 'orders').map((row) => [`${row.topicId}/${row.partition}`, row]))
  return evidence.deadLetters
    .filter(({ sourceTopicId, sourcePartition, sourceOffset }) => {
      const row = rows.get(`${sourceTopicId}/${sourcePartition}`)
      return row === undefined || sourceOffset < row.origin || sourceOffset >= row.next
    })
    .map((letter) => `${describe(letter)} comes from a place that the ledger has not passed`)
}

/**
 * Every offset of `orders` that was booked as a dead letter has one of its own, however alike their bytes are.
 * Others may come from there as well: a dead letter can go out in a batch that is rolled back.
 */
function notByPlace(evidence: Evidence, limits: Limits): Finding[] {
  const places = new Map<string, Set<number>>()
  for (const { sourceTopicId, sourcePartition, sourceOffset } of evidence.deadLetters) {
    const partition = `${sourceTopicId}/${sourcePartition}`
    places.set(partition, (places.get(partition) ?? new Set()).add(sourceOffset))
  }
  let records = 0
  const found = rowsOfRole(evidence, 'orders').flatMap(({ topicId, partition, deadLettered }) => {
    const archived = places.get(`${topicId}/${partition}`)?.size ?? 0
    records += Math.max(0, deadLettered - archived)
    if (deadLettered <= archived) return []
    return [
      `${deadLettered} records of ${topicId}-${partition} were dead-lettered, and ${archived} are archived`,
    ]
  })
  if (expectedLosses(evidence, limits) === Infinity) return []
  // Only a topic of dead letters that is gone may have taken them with it.
  const taken = rowsOfRole(evidence, 'dead-letters').reduce((sum, { expired }) => sum + expired, 0)
  return records <= taken ? [] : found
}

function rowsOfRole({ topics, ledger }: Evidence, wanted: Role): LedgerRow[] {
  const groups = new Set(topics.filter(({ role }) => role === wanted).map(({ group }) => group))
  return ledger.filter(({ group }) => groups.has(group))
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
