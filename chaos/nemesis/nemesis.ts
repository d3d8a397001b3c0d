import { setTimeout as delay } from 'node:timers/promises'
import { untilThereIsSomethingToBreak } from './before-a-fault.ts'
import { CONNECTION_FAULTS } from './connection-faults.ts'
import { DATABASE_FAULTS } from './database-faults.ts'
import { LANES, type Arena, type Fault, type Lane } from './fault.ts'
import { INSTANCE_FAULTS } from './instance-faults.ts'
import type { ScheduledFault } from './schedule.ts'
import { SERVER_FAULTS } from './server-faults.ts'
import { TOPIC_FAULTS } from './topic-faults.ts'

export const FAULTS: readonly Fault[] = [
  ...INSTANCE_FAULTS,
  ...SERVER_FAULTS,
  ...CONNECTION_FAULTS,
  ...DATABASE_FAULTS,
  ...TOPIC_FAULTS,
]

/** A fault as it really happened. Times are ms since the run began. */
export interface Happening {
  readonly name: string
  readonly lane: Lane
  readonly what: string
  readonly atMs: number
  readonly endMs: number
  /** What chance could not know. */
  readonly told?: string
  /** Why it could not be done or undone. */
  readonly failed?: string
}

export interface Nemesis {
  readonly schedule: readonly ScheduledFault[]
  /** Of the system's clock: what the schedule's times are counted from, and when no fault begins any more. */
  readonly beginMs: number
  readonly endMs: number
  readonly arena: Arena
  readonly report: (line: string) => void
  readonly stopping: AbortSignal
}

/** Lets everything of the schedule happen, each lane one after the other; resolves when the last fault is undone. */
export async function runNemesis(nemesis: Nemesis): Promise<Happening[]> {
  const lanes = await Promise.all(LANES.map((lane) => runLane(nemesis, lane)))
  return lanes.flat().toSorted((a, b) => a.atMs - b.atMs)
}

async function runLane(
  { schedule, beginMs, endMs, arena, report, stopping }: Nemesis,
  lane: Lane,
): Promise<Happening[]> {
  const { system } = arena
  const happenings: Happening[] = []
  for (const fault of schedule.filter((each) => each.lane === lane)) {
    await delay(Math.max(0, beginMs + fault.atMs - system.elapsedMs()), undefined, { signal: stopping })
    await untilThereIsSomethingToBreak(system, lane, stopping)
    const atMs = system.elapsedMs()
    if (atMs > endMs) break
    report(`${seconds(atMs)}  ${fault.what}`)
    const outcome = await happen(fault, arena)
    stopping.throwIfAborted()
    const happening = {
      name: fault.name,
      lane,
      what: fault.what,
      atMs,
      endMs: system.elapsedMs(),
      ...outcome,
    }
    happenings.push(happening)
    const end = happening.failed ?? happening.told
    report(`${seconds(happening.endMs)}  over: ${fault.what}${end === undefined ? '' : ` (${end})`}`)
  }
  return happenings
}

async function happen(fault: ScheduledFault, arena: Arena): Promise<Pick<Happening, 'told' | 'failed'>> {
  try {
    const told = await fault.act(arena, fault.lastMs)
    return told === undefined ? {} : { told }
  } catch (error) {
    return { failed: `it could not be done: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`
}
