import { startBenchStack, type BenchStack } from './bench-stack.ts'
import { measureCeiling } from './ceiling.ts'
import { measureDrain, type Drain } from './drain.ts'
import { measureHabit, measureHabitWrites } from './habit.ts'
import { measureLatency, type Latency } from './latency.ts'
import { COPY_BATCH, PARTITIONS, prepareLoad, type Load } from './load.ts'
import { describeMachine, loadNow, type Machine } from './machine.ts'
import { NODE_FLAGS } from './service-process.ts'
import type { Throughput } from './throughput.ts'

export interface BenchPlan {
  readonly orders: number
  readonly rounds: number
  readonly habitOrders: number
  readonly latencySeconds: number
  readonly profileFolder?: string | undefined
}

/** What was measured side by side. */
export interface Round {
  readonly ceiling: Throughput
  readonly ours: Drain
  readonly habit: Throughput
  readonly habitWrites: Throughput
}

export interface BenchResult {
  readonly finishedAt: string
  readonly machine: Machine
  readonly settings: {
    readonly orders: number
    readonly bytesPerOrder: number
    readonly partitions: number
    readonly copyBatch: number
    readonly habitOrders: number
    readonly serviceFlags: readonly string[]
  }
  readonly rounds: readonly Round[]
  readonly latency: Latency
}

const LATENCY_ORDERS_PER_SECOND = 500
const WARM_UP_SECONDS = 2

/**
 * Measures everything on servers of its own, which are gone when it settles. Rounds are interleaved, so that
 * whatever else the machine does meets all of them alike. Rejects soon after `stopping` is aborted.
 */
export async function runBench(
  plan: BenchPlan,
  report: (line: string) => void,
  stopping: AbortSignal,
): Promise<BenchResult> {
  const loadBefore = loadNow()
  const { profileFolder } = plan
  await using stack = await startBenchStack({ profileFolder, report, signal: stopping })
  const machine = await describeMachine(stack.dsn, loadBefore)
  const { orders, habitOrders } = plan
  report(`producing ${orders} orders`)
  const loadPlan = { topic: 'drain', orders, sample: habitOrders, seed: 'drain' }
  const load = await prepareLoad(stack, loadPlan, stopping)
  const rounds: Round[] = []
  for (let number = 1; number <= plan.rounds; number++) {
    const say = (line: string): void => report(`round ${number} of ${plan.rounds}: ${line}`)
    rounds.push(await measureRound(stack, load, say, stopping))
  }
  report(`latency at ${LATENCY_ORDERS_PER_SECOND} orders/s for ${plan.latencySeconds} s`)
  const latencyPlan = {
    topic: 'latency',
    seed: 'latency',
    ordersPerSecond: LATENCY_ORDERS_PER_SECOND,
    seconds: plan.latencySeconds,
    warmUpSeconds: WARM_UP_SECONDS,
  }
  const latency = await measureLatency(stack, latencyPlan, stopping)
  const settings = {
    orders,
    bytesPerOrder: load.bytes / orders,
    partitions: PARTITIONS,
    copyBatch: COPY_BATCH,
    habitOrders: load.sample.length,
    serviceFlags: NODE_FLAGS,
  }
  return { finishedAt: new Date().toISOString(), machine, settings, rounds, latency }
}

async function measureRound(
  stack: BenchStack,
  load: Load,
  say: (line: string) => void,
  stopping: AbortSignal,
): Promise<Round> {
  const told = <T extends Throughput>(what: string, measured: T): T => {
    say(`${what}: ${Math.round(measured.perSecond)} orders/s`)
    return measured
  }
  const ceiling = told('ceiling', await measureCeiling(stack, load, stopping))
  const ours = told('ours', await measureDrain(stack, load, stopping))
  const habit = told('habit', await measureHabit(stack, load, stopping))
  const habitWrites = told('habit, writes alone', await measureHabitWrites(stack, load, stopping))
  return { ceiling, ours, habit, habitWrites }
}
