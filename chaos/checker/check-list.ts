import { expectedLosses, type Check, type Finding, type Limits } from './check.ts'
import type { Acknowledged, Evidence } from './evidence.ts'

/** The producer's list against the tables, by identity: list = orders ⊎ duplicates ⊎ dead letters. */
export const LIST_CHECKS: readonly Check[] = [
  {
    name: 'every acknowledged record has an end',
    guarantee: 'G1',
    judge: (evidence, limits) => unlessExpired(evidence, limits, lost(evidence)),
  },
  {
    name: 'every hostile record has an end',
    guarantee: 'G9',
    judge: (evidence, limits) =>
      unlessExpired(
        evidence,
        limits,
        lost(evidence).filter(({ record }) => record.kind === 'hostile'),
      ),
  },
  { name: 'nothing is stored that was not acknowledged', guarantee: 'G1', judge: invented },
]

interface Lost {
  readonly record: Acknowledged
  /** Of this digest. */
  readonly records: number
}

/** Records that are neither the stored content of their order nor a dead letter. */
function lost(evidence: Evidence): Lost[] {
  const stored = storedContents(evidence)
  const archived = countBy(evidence.deadLetters, ({ digest }) => digest)
  const found: Lost[] = []
  for (const { record, records } of byDigest(evidence.acknowledged)) {
    if (isStored(record, stored)) continue
    // Copies lie at different places and are archived one by one; more than were acknowledged is no fault.
    const missing = records - (archived.get(record.digest) ?? 0)
    if (missing > 0) found.push({ record, records: missing })
  }
  return found
}

function unlessExpired(evidence: Evidence, limits: Limits, found: readonly Lost[]): Finding[] {
  const records = found.reduce((sum, each) => sum + each.records, 0)
  if (records <= expectedLosses(evidence, limits)) return []
  return found.map(({ record, records: missing }) => {
    const copies = missing === 1 ? 'is' : `(${missing} of them) are`
    return `${describe(record)} ${copies} neither stored nor a dead letter`
  })
}

function invented({ acknowledged, orders }: Evidence): Finding[] {
  const known = new Set(acknowledged.map(({ uid }) => uid))
  return orders
    .filter(({ uid }) => !known.has(uid))
    .map(({ uid }) => `order ${uid} is stored, and no record of it was acknowledged`)
}

export interface Distinct {
  readonly record: Acknowledged
  readonly records: number
}

/** Records of one digest have one uid and one content. */
export function byDigest(acknowledged: readonly Acknowledged[]): Iterable<Distinct> {
  const distinct = new Map<string, { record: Acknowledged; records: number }>()
  for (const record of acknowledged) {
    const known = distinct.get(record.digest)
    if (known === undefined) distinct.set(record.digest, { record, records: 1 })
    else known.records++
  }
  return distinct.values()
}

/** Content by uid, as the rows of `orders` claim it; that it is what they hold is a check of its own. */
export function storedContents({ orders }: Pick<Evidence, 'orders'>): ReadonlyMap<string, string> {
  return new Map(orders.map(({ uid, claimed }) => [uid, claimed]))
}

export function isStored({ uid, content }: Acknowledged, stored: ReadonlyMap<string, string>): boolean {
  return uid !== undefined && content !== undefined && stored.get(uid) === content
}

/** Contents by uid of everything that was acknowledged. */
export function acknowledgedContents(
  acknowledged: readonly Acknowledged[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const contents = new Map<string, Set<string>>()
  for (const { uid, content } of acknowledged) {
    if (uid === undefined || content === undefined) continue
    const known = contents.get(uid)
    if (known === undefined) contents.set(uid, new Set([content]))
    else known.add(content)
  }
  return contents
}

export function countBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  return counts
}

export function describe({ kind, uid, content, digest }: Acknowledged): string {
  if (uid === undefined || content === undefined) return `${kind} record ${short(digest)}`
  return `${kind} record ${short(digest)} (order ${uid}, content ${short(content)})`
}

/** Enough of a digest to find it by. */
export function short(digest: string): string {
  return digest.slice(0, 16)
}
