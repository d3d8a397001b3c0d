import * as fc from 'fast-check'
import { settleDown, type CheckRecords } from './settling-down.ts'
import type { StartInstance } from './simulated-instance.ts'
import { PARTITIONS } from './simulated-kafka.ts'
import { Simulation, type Happening, type HappeningKind } from './simulation.ts'

/** How often each fault happens, among those that a schedule has at all. */
const FAULTS: Partial<Record<HappeningKind, number>> = {
  move: 4,
  freeze: 4,
  crash: 4,
  resume: 2,
  copy: 3,
  restore: 2,
  down: 1,
  expire: 3,
  elect: 1,
  cut: 1,
  mark: 2,
  delete: 1,
  recreate: 1,
  reset: 1,
}
const ORDINARY: Partial<Record<HappeningKind, number>> = {
  produce: 14,
  run: 16,
  step: 24,
  fetch: 4,
  zombie: 6,
  finish: 2,
  up: 2,
  create: 2,
  bookGone: 1,
  forward: 3,
  operator: 2,
}
export const FAULT_KINDS = Object.keys(FAULTS) as HappeningKind[]

export interface Schedule {
  /** A schedule has only some of the faults, so that each meets long stretches without the others. */
  readonly faults: readonly HappeningKind[]
  readonly happenings: readonly Happening[]
}

const happening = (kind: HappeningKind): fc.Arbitrary<Happening> =>
  fc.record({
    kind: fc.constant(kind),
    partition: fc.nat(PARTITIONS - 1),
    a: fc.nat(7),
    b: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(7) }),
  })

/** Schedules with at least the faults of `needed`. */
export function schedules(needed: readonly HappeningKind[] = []): fc.Arbitrary<Schedule> {
  const weighted = Object.entries({ ...ORDINARY, ...FAULTS }) as Array<[HappeningKind, number]>
  const any = fc.oneof(...weighted.map(([kind, weight]) => ({ weight, arbitrary: happening(kind) })))
  return fc.record({
    faults: fc.subarray(FAULT_KINDS, { maxLength: 7 }).map((some) => [...new Set([...some, ...needed])]),
    happenings: fc.array(any, { maxLength: 120, size: 'max' }),
  })
}

/** Runs the schedule, lets everything come to rest, and returns what is wrong then: [] is right. */
export async function play(
  { faults, happenings }: Schedule,
  start: StartInstance,
  checkRecords?: CheckRecords,
): Promise<string[]> {
  using world = new Simulation(start)
  for (const one of happenings)
    if (ORDINARY[one.kind] !== undefined || faults.includes(one.kind)) await world.happen(one)
  return await settleDown(world, checkRecords)
}

/** What went wrong, and the schedule that showed it. */
export function told({ faults, happenings }: Schedule, problems: readonly string[]): string {
  const lines = happenings.map(({ kind, partition, a, b }) => `  ${kind} ${partition} ${a} ${b}`)
  return [...problems, `faults: ${faults.join(', ')}`, ...lines].join('\n')
}
