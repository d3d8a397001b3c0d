import { type Check, type Finding, type Limits } from './check.ts'
import type { Evidence, InstanceLife } from './evidence.ts'

/** How the run itself went: the audit, and the instances as processes. */
export const RUN_CHECKS: readonly Check[] = [
  { name: 'the audit balances', guarantee: 'audit', judge: auditFails },
  { name: 'everything settles in time', guarantee: 'liveness', judge: unsettled },
  { name: 'no instance ends by itself', guarantee: 'liveness', judge: endedBySelf },
  { name: 'an instance drains in time', guarantee: 'liveness', judge: badDrains },
  { name: 'memory stays bounded', guarantee: 'memory', judge: tooLarge },
]

const AUDIT_CHARACTERS = 2_000

function auditFails({ audit: { exitCode, output } }: Evidence): Finding[] {
  if (exitCode === 0) return []
  return [`the audit ended with ${exitCode}: ${output.slice(-AUDIT_CHARACTERS).trim()}`]
}

function unsettled({ settledAfterMs }: Evidence, { settleMs }: Limits): Finding[] {
  if (settledAfterMs === undefined) return ['something was still on its way at the deadline']
  if (settledAfterMs <= settleMs) return []
  return [`everything was settled ${settledAfterMs} ms after the last fault, later than ${settleMs} ms`]
}

/** Lives that could not begin, because something they need was away, are not among them. */
function endedBySelf(evidence: Evidence): Finding[] {
  return livesOf(evidence)
    .filter(({ ended }) => ended?.by === 'self')
    .map(({ name, ended }) => `${name} ended by itself after ${ended?.atMs} ms: ${ended?.how}`)
}

/** `0`, also with words before it. */
const WELL = /(^|\s)0$/
/** It had to stop before everything was finished, and says so; nothing is lost by that. */
const UNFINISHED = /(^|\s)1$/
/** Until an instance has found out that its servers answer again, and has connected anew. */
const AFTERWARDS_MS = 15_000

/** What is in flight can't be finished while a server does not answer. */
function mayEnd(how: string, fromMs: number, toMs: number, { troubles }: Evidence): boolean {
  if (WELL.test(how)) return true
  return (
    UNFINISHED.test(how) &&
    troubles.some(({ atMs, endMs }) => atMs <= toMs && fromMs <= endMs + AFTERWARDS_MS)
  )
}

function badDrains(evidence: Evidence, { drainMs: limitMs }: Limits): Finding[] {
  return livesOf(evidence).flatMap(({ name, ended, drainMs }) => {
    // One that was asked before it was ready to be asked may end as it likes.
    if (ended?.by !== 'drain' || drainMs === undefined) return []
    const found: Finding[] = []
    if (!mayEnd(ended.how, ended.atMs - drainMs, ended.atMs, evidence))
      found.push(`${name} was asked to drain and ended with ${ended.how}`)
    if (drainMs >= limitMs) found.push(`${name} drained in ${drainMs} ms, not in ${limitMs} ms`)
    return found
  })
}

function tooLarge(evidence: Evidence, { peakResidentBytes: limitBytes }: Limits): Finding[] {
  return livesOf(evidence)
    .filter(({ peakResidentBytes }) => peakResidentBytes > limitBytes)
    .map(({ name, peakResidentBytes }) => `${name} took ${peakResidentBytes} bytes, more than ${limitBytes}`)
}

export interface NamedLife extends InstanceLife {
  /** `instance 1, life 2`. */
  readonly name: string
}

export function livesOf({ instances }: Pick<Evidence, 'instances'>): NamedLife[] {
  return instances.flatMap(({ name, lives }) =>
    lives.map((life, index) => ({ ...life, name: `${name}, life ${index + 1}` })),
  )
}
