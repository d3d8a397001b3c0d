import { startBenchStack, type BenchStack } from './bench-stack.ts'
import { describeMachine, loadNow, type Machine } from './machine.ts'
import type { BenchPlan, Scenario } from './plan.ts'
import { runBacklog, type BacklogResult } from './scenarios/backlog.ts'
import { runDrain, type DrainResult } from './scenarios/drain.ts'
import { runLatency, type LatencyResult } from './scenarios/latency.ts'
import { runPoison, type PoisonResult } from './scenarios/poison.ts'
import { runReads, type ReadsResult } from './scenarios/reads.ts'
import { runScale, type ScaleResult } from './scenarios/scale.ts'
import { runWarmUp, type WarmUpResult } from './scenarios/warm-up.ts'
import { NODE_FLAGS } from '../stack/service-runtime.ts'
import type { Turns } from './turns.ts'

interface ScenarioResults {
  readonly drain: DrainResult
  readonly latency: LatencyResult
  readonly poison: PoisonResult
  readonly backlog: BacklogResult
  readonly reads: ReadsResult
  readonly 'warm-up': WarmUpResult
  readonly scale: ScaleResult
}

type Run<Result> = (stack: BenchStack, plan: BenchPlan, turns: Turns) => Promise<Result>

const RUNS: { readonly [Name in Scenario]: Run<ScenarioResults[Name]> } = {
  drain: runDrain,
  latency: runLatency,
  poison: runPoison,
  backlog: runBacklog,
  reads: runReads,
  'warm-up': runWarmUp,
  scale: runScale,
}

/** All figures of a run, of every round. What was not measured is missing. */
export interface BenchResult extends Partial<ScenarioResults> {
  readonly startedAt: string
  readonly minutes: number
  readonly quick: boolean
  readonly machine: Machine
  readonly rounds: number
  readonly serviceFlags: readonly string[]
}

export interface BenchProgress {
  readonly say: (line: string) => void
  /** After each measurement. */
  readonly done: (line: string) => void
}

/**
 * Measures everything on servers of its own, which are gone when it settles. `onScenario` gets all figures so
 * far after each scenario: half an hour of measuring must not be lost by what goes wrong at its end. Rejects
 * soon after `stopping` is aborted.
 */
export async function runBench(
  plan: BenchPlan,
  quick: boolean,
  { say, done }: BenchProgress,
  onScenario: (soFar: BenchResult) => void,
  stopping: AbortSignal,
): Promise<BenchResult> {
  const startedAt = new Date()
  const loadBefore = loadNow()
  const { profileFolder, rounds } = plan
  await using stack = await startBenchStack({ profileFolder, report: say, signal: stopping })
  const machine = await describeMachine(stack.dsn, loadBefore)
  let results: Partial<ScenarioResults> = {}
  const measure = async <Name extends Scenario>(name: Name): Promise<ScenarioResults[Name]> => {
    say(`${name}: preparing`)
    const turns = { rounds, stopping, done: (line: string) => done(`${name}: ${line}`) }
    return RUNS[name](stack, plan, turns)
  }
  const soFar = (): BenchResult => ({
    startedAt: startedAt.toISOString(),
    minutes: (Date.now() - startedAt.getTime()) / 60_000,
    quick,
    machine,
    rounds,
    serviceFlags: NODE_FLAGS,
    ...results,
  })
  for (const name of plan.only) {
    results = { ...results, [name]: await measure(name) }
    onScenario(soFar())
  }
  return soFar()
}
