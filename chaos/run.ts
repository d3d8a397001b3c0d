import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { baseBackup } from '../stack/base-backup.ts'
import type { Limits } from './checker/check.ts'
import { judge, type Verdict } from './checker/checks.ts'
import { collect } from './checker/collect.ts'
import type { Acknowledged, Evidence, Reset } from './checker/evidence.ts'
import { waitUntilSettled } from './checker/settled.ts'
import { TROUBLE_FOR_SINGLE_ORDERS } from './nemesis/database-faults.ts'
import type { Arena } from './nemesis/fault.ts'
import { FAULTS, runNemesis, seconds, type Happening } from './nemesis/nemesis.ts'
import { drawSchedule, type ScheduledFault } from './nemesis/schedule.ts'
import type { ChaosPlan } from './options.ts'
import { paceOf, type PacePoint } from './report/pace.ts'
import { removeLeftovers } from './system/leftovers.ts'
import { startSystem, type System } from './system/system.ts'
import { startLooks } from './workload/looks.ts'
import { startProducing, type Producing } from './workload/producing.ts'
import { startReaders } from './workload/readers.ts'

export interface ChaosResult {
  readonly plan: ChaosPlan
  readonly happenings: readonly Happening[]
  readonly verdicts: readonly Verdict[]
  readonly figures: Figures
  /** Where logs and data are, when they were kept. */
  readonly folder?: string
}

/** What one would like to know of a run besides whether it passed. */
export interface Figures {
  readonly acknowledged: Readonly<Record<string, number>>
  readonly stored: number
  readonly deadLetters: number
  readonly retried: number
  readonly lives: number
  readonly reads: number
  readonly looks: number
  readonly resets: number
  readonly settledAfterMs: number | undefined
  readonly peakResidentBytes: number
  /** Records settled per second, over the run. */
  readonly pace: readonly PacePoint[]
}

export interface Surroundings {
  readonly keep: boolean
  readonly report: (line: string) => void
  readonly stopping: AbortSignal
  /** Another entry of the service than its own. */
  readonly serviceEntry?: string
}

const PREFIX = 'sluice-chaos-'
const SHARES = { invalid: 0.02, duplicate: 0.03, conflict: 0.01 }
const HOSTILE = 0.02
const SETTLED_WITHIN_MS = 180_000
const LIMITS = {
  settleMs: 120_000,
  drainMs: 10_000,
  peakResidentBytes: 512 * 2 ** 20,
  nearResetMs: 30_000,
  retention: false,
}

export function scheduleOf(plan: ChaosPlan): ScheduledFault[] {
  const { seed, minutes, instances, brokers, faults } = plan
  const scope = { instances, brokers, patience: minutes >= 10 ? 2 : 1 }
  const possible = FAULTS.filter(({ name }) => faults.includes(name))
  return drawSchedule(seed, minutes * 60_000, scope, possible)
}

/** One run from an empty folder to the verdicts. Everything it started is stopped when it settles. */
export async function runChaos(plan: ChaosPlan, surroundings: Surroundings): Promise<ChaosResult> {
  await removeLeftovers(PREFIX)
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  chmodSync(folder, 0o755) // PostgreSQL, which root runs as another user, must get in
  try {
    const result = await runIn(folder, plan, surroundings)
    return surroundings.keep ? { ...result, folder } : result
  } finally {
    if (!surroundings.keep) rmSync(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, plan: ChaosPlan, surroundings: Surroundings): Promise<ChaosResult> {
  const { report, stopping, serviceEntry } = surroundings
  const { instances, brokers, rate, seed } = plan
  await using system = await startSystem({
    folder,
    instances,
    brokers,
    report,
    signal: stopping,
    ...(serviceEntry !== undefined && { serviceEntry }),
  })
  await using producing = await startProducing(system, { seed, rate, shares: SHARES, hostile: HOSTILE })
  await using watching = new AsyncDisposableStack()
  const readers = startReaders(system, producing)
  watching.defer(async () => void (await readers.stop()))
  const looks = startLooks(system)
  watching.defer(async () => void (await looks.stop()))
  const resets: Reset[] = []
  const arena = await openArena(folder, system, producing, resets, stopping)
  const beginMs = system.elapsedMs()
  const endMs = beginMs + plan.minutes * 60_000
  const happenings = await runNemesis({ schedule: scheduleOf(plan), beginMs, endMs, arena, report, stopping })
  await delay(Math.max(0, endMs - system.elapsedMs()), undefined, { signal: stopping })

  report(`${seconds(system.elapsedMs())}  quiet: until everything is settled`)
  await heal(system)
  const acknowledged = await producing.stop()
  const settledAfterMs = await waitUntilSettled(system, { deadlineMs: SETTLED_WITHIN_MS, signal: stopping })
  const [reads, offsetLooks] = [await readers.stop(), await looks.stop()]
  report(`${seconds(system.elapsedMs())}  judging ${acknowledged.length} acknowledged records`)
  const collected = await collect(system)
  await Promise.all(system.instances.map((instance) => instance.drain()))
  const evidence: Evidence = {
    ...collected,
    acknowledged,
    looks: offsetLooks,
    reads,
    instances: system.instances.map((instance) => instance.story()),
    resets,
    troubles: happenings.filter(({ lane }) => lane === 'servers'),
    settledAfterMs,
  }
  return { plan, happenings, verdicts: judge(evidence, limitsFor(happenings)), figures: figuresOf(evidence) }
}

async function openArena(
  folder: string,
  system: System,
  producing: Producing,
  resets: Reset[],
  stopping: AbortSignal,
): Promise<Arena> {
  let copies = 0
  const copy = (): string => join(folder, `backup-${copies}`)
  const backUp = async (): Promise<void> => {
    const next = join(folder, `backup-${copies + 1}`)
    await baseBackup(system.stack.postgres, next)
    rmSync(copy(), { recursive: true, force: true })
    copies++
  }
  await backUp()
  return {
    system,
    producing,
    backUp,
    backup: copy,
    reset: (what) => void resets.push({ atMs: system.elapsedMs(), what }),
    last: async (ms) => await delay(ms, undefined, { signal: stopping }),
  }
}

/** Single records are sent to retry only where the run makes trouble for single records. */
function limitsFor(happenings: readonly Happening[]): Limits {
  return {
    ...LIMITS,
    retries: happenings.some(({ name }) => name === TROUBLE_FOR_SINGLE_ORDERS) ? Infinity : 0,
  }
}

/** Whatever the last faults left behind; most of it is done already. */
async function heal({ stack, databaseProxy, kafkaProxies, instances }: System): Promise<void> {
  await Promise.all([...stack.kafka.nodes, stack.postgres].map((node) => node.start()))
  for (const proxy of [databaseProxy, ...kafkaProxies]) proxy.clear()
  for (const instance of instances) instance.start()
}

function figuresOf(evidence: Evidence): Figures {
  const { acknowledged, orders, deadLetters, ledger, instances, reads, looks, resets, settledAfterMs } =
    evidence
  const lives = instances.flatMap((instance) => instance.lives)
  return {
    acknowledged: countsOf(acknowledged),
    stored: orders.length,
    deadLetters: deadLetters.length,
    retried: ledger.reduce((sum, { retried }) => sum + retried, 0),
    lives: lives.length,
    reads: reads.length,
    looks: looks.length,
    resets: resets.length,
    settledAfterMs,
    peakResidentBytes: Math.max(0, ...lives.map(({ peakResidentBytes }) => peakResidentBytes)),
    pace: paceOf(looks),
  }
}

function countsOf(acknowledged: readonly Acknowledged[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of acknowledged) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
