import type { Random } from '../../src/producer/random.ts'
import type { Reset } from '../checker/evidence.ts'
import type { System } from '../system/system.ts'
import type { Producing } from '../workload/producing.ts'

/** How large the system is that faults are drawn for. */
export interface Scope {
  readonly instances: number
  readonly brokers: 1 | 3
  /** Multiplies how long faults may last. */
  readonly patience: number
}

/** What a fault may touch, and what it needs for that. */
export interface Arena {
  readonly system: System
  readonly producing: Producing
  /** To be called when what was committed may have been undone, or a topic begins anew; at the moment it happens. */
  readonly reset: (what: Reset['what']) => void
  /** Takes a copy of the database that a later fault may restore, instead of the one there is. */
  readonly backUp: () => Promise<void>
  /** Where that copy lies. */
  readonly backup: () => string
  /** Waits, but not beyond the end of the run. */
  readonly last: (ms: number) => Promise<void>
}

/** A fault with everything that chance decides. */
export interface DrawnFault {
  /** For people: what happens to what. */
  readonly what: string
  /**
   * Does it, waits `lastMs` where it is something that lasts, and undoes it, whatever happens; resolves with
   * what chance could not know. Rejects when it could not be done.
   */
  act(arena: Arena, lastMs: number): Promise<string | void>
}

export interface Fault {
  /** Stable: names the fault in reports, and on the command line. */
  readonly name: string
  /** Faults of different lanes happen at the same time; those of one lane touch the same things. */
  readonly lane: Lane
  readonly seconds: readonly [min: number, max: number]
  /** Whether there is what it needs; without it, always. */
  readonly possible?: (scope: Scope) => boolean
  draw(random: Random, scope: Scope): DrawnFault
}

export const LANES = ['instances', 'servers'] as const
export type Lane = (typeof LANES)[number]
