import { type Check, type Finding, type Limits } from './check.ts'
import type { Evidence, OffsetLook } from './evidence.ts'

export const OFFSET_CHECKS: readonly Check[] = [
  { name: 'no offset is committed ahead of the ledger', guarantee: 'G4', judge: aheadOfLedger },
]

interface Watched {
  /** The largest committed offset so far. */
  highest: number
  /** Resets that were begun, or nearly. */
  resets: number
  /** Since a reset: Kafka's copy may rightly be ahead until the ledger has come back to where the copy was. */
  isSetBack: boolean
}

/** The copy was looked at first, so what the ledger says can only be later. */
function aheadOfLedger({ looks, resets }: Evidence, { nearResetMs }: Limits): Finding[] {
  const resetsMs = resets.map(({ atMs }) => atMs).toSorted((a, b) => a - b)
  const partitions = new Map<string, Watched>()
  const found: Finding[] = []
  for (const look of looks.toSorted((a, b) => a.atMs - b.atMs)) {
    const { atMs, committed, next = 0 } = look
    const name = nameOf(look)
    const watched = partitions.get(name) ?? { highest: 0, resets: 0, isSetBack: false }
    partitions.set(name, watched)
    watched.highest = Math.max(watched.highest, committed)
    const begun = resetsMs.filter((resetMs) => resetMs - nearResetMs <= atMs)
    if (begun.length > watched.resets) watched.isSetBack = true
    watched.resets = begun.length
    const isNear = begun.some((resetMs) => atMs <= resetMs + nearResetMs)
    if (watched.isSetBack && (isNear || next < watched.highest)) continue
    watched.isSetBack = false
    if (committed > next)
      found.push(`${name} was committed at ${committed} while the ledger stood at ${next}, after ${atMs} ms`)
  }
  return found
}

function nameOf({ group, topicId, partition }: OffsetLook): string {
  return `${topicId}-${partition} (${group})`
}
