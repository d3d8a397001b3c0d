import { randomAt, seedFrom, type Random } from '../../src/producer/random.ts'
import { LANES, type DrawnFault, type Fault, type Lane, type Scope } from './fault.ts'

export interface ScheduledFault extends DrawnFault {
  readonly name: string
  readonly lane: Lane
  /** Since the run began. It begins later when the one before it in its lane is not over. */
  readonly atMs: number
  readonly lastMs: number
}

/** Quiet before the first fault, so that there is something to break. */
const FIRST_AT_MS = 4_000
const PAUSES_SECONDS = [1, 4] as const
const STREAM = { order: 11, times: 12, details: 13 }

/**
 * The faults of a run of `ms`, in the order of their times. The same arguments give the same. Each lane goes
 * through all that are possible before it repeats one, in an order of its own each time.
 */
export function drawSchedule(
  seed: string,
  ms: number,
  scope: Scope,
  faults: readonly Fault[],
): ScheduledFault[] {
  return LANES.flatMap((lane, index) => {
    const possible = faults.filter((fault) => fault.lane === lane && (fault.possible?.(scope) ?? true))
    return [...drawLane(`${seed}/${lane}/${index}`, ms, scope, possible)]
  }).toSorted((a, b) => a.atMs - b.atMs)
}

function* drawLane(seedText: string, ms: number, scope: Scope, faults: readonly Fault[]) {
  const seed = seedFrom(seedText)
  let atMs = FIRST_AT_MS
  let deck: Fault[] = []
  for (let position = 0; faults.length > 0; position++) {
    if (deck.length === 0) deck = shuffled(faults, randomAt(seed, position, STREAM.order))
    const fault = deck.pop()
    if (fault === undefined) return
    const times = randomAt(seed, position, STREAM.times)
    atMs += secondsBetween(times, PAUSES_SECONDS)
    const lastMs = Math.round(secondsBetween(times, fault.seconds) * scope.patience)
    if (atMs + lastMs > ms) return
    const drawn = fault.draw(randomAt(seed, position, STREAM.details), scope)
    yield { name: fault.name, lane: fault.lane, atMs, lastMs, ...drawn }
    atMs += lastMs
  }
}

function secondsBetween(random: Random, [min, max]: readonly [number, number]): number {
  return Math.round((min + random.fraction() * (max - min)) * 1000)
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values]
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.between(0, last)
    const [a, b] = [result[last], result[other]]
    if (a !== undefined && b !== undefined) [result[last], result[other]] = [b, a]
  }
  return result
}
