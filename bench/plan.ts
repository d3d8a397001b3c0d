import { InvalidArgumentError } from 'commander'

export const SCENARIOS = ['drain', 'latency', 'poison', 'backlog', 'reads', 'warm-up', 'scale'] as const
export type Scenario = (typeof SCENARIOS)[number]

export interface BenchPlan {
  readonly only: readonly Scenario[]
  /** How often each is measured, in turns. */
  readonly rounds: number
  /** How many wait in Kafka, but for the backlog. */
  readonly orders: number
  readonly habitOrders: number
  readonly latencySeconds: number
  readonly backlogOrders: number
  readonly readSeconds: number
  /** Who is connected and asks for nothing, while others read. */
  readonly idleClients: { readonly eventStreams: number; readonly slowloris: number }
  readonly profileFolder?: string | undefined
}

type Sizes = Omit<BenchPlan, 'only' | 'profileFolder'>

export const FULL: Sizes = {
  rounds: 5,
  orders: 200_000,
  habitOrders: 2_000,
  latencySeconds: 10,
  backlogOrders: 1_000_000,
  readSeconds: 2,
  idleClients: { eventStreams: 1_000, slowloris: 2_000 },
}

/** Only shows that everything works: what is this short depends on chance. */
export const QUICK: Sizes = {
  rounds: 1,
  orders: 50_000,
  habitOrders: 1_000,
  latencySeconds: 3,
  backlogOrders: 100_000,
  readSeconds: 1,
  // To connect them takes a while, and the drain goes on meanwhile.
  idleClients: { eventStreams: 100, slowloris: 200 },
}

/** Of one round; `inTurns` tells of each. */
const MEASUREMENTS: Readonly<Record<Scenario, number>> = {
  drain: 4,
  latency: 2,
  poison: 2,
  backlog: 1,
  reads: 7,
  'warm-up': 2,
  scale: 5,
}

export function measurementsOf({ only, rounds }: BenchPlan): number {
  return only.reduce((sum, scenario) => sum + MEASUREMENTS[scenario] * rounds, 0)
}

/** In the order in which they are measured, however they were named. */
export function readScenarios(text: string): readonly Scenario[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario === name))
  if (unknown.length > 0) throw new InvalidArgumentError(`There are ${SCENARIOS.join(', ')}.`)
  return SCENARIOS.filter((scenario) => names.includes(scenario))
}
