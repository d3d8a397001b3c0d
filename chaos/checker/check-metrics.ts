import { undoing, type Check, type Finding } from './check.ts'
import { livesOf, type NamedLife } from './check-run.ts'
import type { Evidence, LedgerRow } from './evidence.ts'

/** What the instances say of themselves. */
export const METRIC_CHECKS: readonly Check[] = [
  { name: 'no instance sees unaccounted records', guarantee: 'ledger', judge: unaccounted },
  { name: 'the counters of an instance agree', guarantee: 'ledger', judge: disagreeing },
  { name: 'the counters agree with the ledger', guarantee: 'ledger', judge: offLedger },
]

function unaccounted(evidence: Evidence): Finding[] {
  return livesOf(evidence).flatMap(({ name, metrics }) => {
    const records = metrics['orders_unaccounted_records'] ?? 0
    return records === 0 ? [] : [`${name} saw ${records} unaccounted records`]
  })
}

const outcome = (name: string): string => `orders_records_total{outcome="${name}"}`

/** Two ways to count the same. */
const PAIRS = [
  ['orders_processed_total', outcome('stored')],
  ['orders_retry_total', outcome('retried')],
  ['orders_dlq_total', outcome('dead_lettered')],
] as const

/** All counters of a batch rise at once, and a look sees them all at once. */
function disagreeing(evidence: Evidence): Finding[] {
  return livesOf(evidence).flatMap(({ name, metrics }) =>
    PAIRS.flatMap(([one, other]) => {
      const counts = [metrics[one], metrics[other]]
      return counts[0] === counts[1] ? [] : [`${name} has ${counts[0]} ${one} and ${counts[1]} ${other}`]
    }),
  )
}

const OUTCOMES = [
  ['stored', 'stored'],
  ['duplicates', 'duplicates'],
  ['retried', 'retried'],
  ['dead_lettered', 'deadLettered'],
  ['forwarded', 'forwarded'],
  ['archived', 'archived'],
  ['absent', 'absent'],
] as const satisfies readonly (readonly [label: string, column: keyof LedgerRow])[]

/**
 * A batch is counted once, after its commit. What an instance counted after the last look at it is not known,
 * so the ledger has more when one has ended before all was at rest; never less, unless it was set back itself.
 */
function offLedger(evidence: Evidence): Finding[] {
  if (undoing(evidence.resets).length > 0) return []
  const lives = livesOf(evidence)
  // Offsets are looked at until all is at rest; who is drained afterwards was looked at once more before.
  const atRestMs = evidence.looks.reduce((latest, { atMs }) => Math.max(latest, atMs), -Infinity)
  const isComplete = lives.every(
    ({ ended }) => ended === undefined || (ended.by === 'drain' && ended.atMs > atRestMs),
  )
  return OUTCOMES.flatMap(([label, column]) => {
    const counted = lives.reduce((sum, life) => sum + countOf(life, label), 0)
    const booked = evidence.ledger.reduce((sum, row) => sum + row[column], 0)
    if (counted === booked || (!isComplete && counted < booked)) return []
    return [`the instances counted ${counted} ${label}, and the ledger has ${booked}`]
  })
}

function countOf({ metrics }: NamedLife, label: string): number {
  return metrics[outcome(label)] ?? 0
}
