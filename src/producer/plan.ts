import { randomAt, type Seed } from './random.ts'

export const KINDS = ['valid', 'invalid', 'duplicate', 'conflict'] as const
export type Kind = (typeof KINDS)[number]

/** Parts of all records, 0 to 1, together at most 1. The rest is valid. */
export interface Shares {
  readonly invalid: number
  readonly duplicate: number
  readonly conflict: number
}

export interface PlannedRecord {
  readonly kind: Kind
  /** From 0, over all kinds. */
  readonly position: number
  /** Number of the order that is meant; a duplicate's and a conflict's is one that came before. */
  readonly order: number
}

/** Records after which an endless plan has met its shares exactly, and begins anew; finer shares count as 0. */
const PERIOD = 10_000
const CHOOSE_ORIGINAL = 1

/** How many of each kind `count` records have. Throws a RangeError when there is nothing to double or contradict. */
export function countsOf(count: number, shares: Shares): Record<Kind, number> {
  const invalid = Math.round(count * shares.invalid)
  const duplicate = Math.round(count * shares.duplicate)
  const conflict = Math.round(count * shares.conflict)
  const valid = count - invalid - duplicate - conflict
  if (valid < 0) throw new RangeError('the shares of invalid, duplicate and conflicting records exceed 1')
  if (valid === 0 && duplicate + conflict > 0)
    throw new RangeError('duplicates and conflicts need at least one valid order')
  return { valid, invalid, duplicate, conflict }
}

/**
 * The kinds of all records in their order: exactly `countsOf(count, shares)` in the end, and as evenly
 * spread as can be on the way. Without `count` it never ends. The same arguments give the same plan.
 * Throws a RangeError as `countsOf` does.
 */
export function planRecords(seed: Seed, count: number | undefined, shares: Shares): Generator<PlannedRecord> {
  return follow(seed, countsOf(count ?? PERIOD, shares), count ?? Infinity)
}

function* follow(
  seed: Seed,
  wanted: Readonly<Record<Kind, number>>,
  count: number,
): Generator<PlannedRecord> {
  const credit: Record<Kind, number> = { valid: 0, invalid: 0, duplicate: 0, conflict: 0 }
  const left: Record<Kind, number> = { ...wanted }
  let orders = 0
  for (let position = 0; position < count; position++) {
    if (count === Infinity && position % PERIOD === 0) Object.assign(left, wanted)
    const kind = nextKind(wanted, credit, left, orders > 0)
    left[kind]--
    if (kind === 'valid') yield { kind, position, order: orders++ }
    else if (kind === 'invalid') yield { kind, position, order: position }
    else yield { kind, position, order: randomAt(seed, position, CHOOSE_ORIGINAL).between(0, orders - 1) }
  }
}

/** Whoever is furthest behind its share, as in smooth weighted round robin; nobody beyond its count. */
function nextKind(
  wanted: Readonly<Record<Kind, number>>,
  credit: Record<Kind, number>,
  left: Readonly<Record<Kind, number>>,
  hasOriginals: boolean,
): Kind {
  let chosen: Kind | undefined
  let total = 0
  for (const kind of KINDS) {
    credit[kind] += wanted[kind]
    total += wanted[kind]
    const isPossible = left[kind] > 0 && (hasOriginals || kind === 'valid' || kind === 'invalid')
    if (isPossible && (chosen === undefined || credit[kind] > credit[chosen])) chosen = kind
  }
  if (chosen === undefined) throw new RangeError('no kind of record is left')
  credit[chosen] -= total
  return chosen
}
