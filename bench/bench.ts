import { readFileSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, runCommand, type ExitCode } from '../src/cli/command.ts'
import { listenForSignals } from '../src/cli/signals.ts'
import {
  FULL,
  measurementsOf,
  QUICK,
  readScenarios,
  SCENARIOS,
  type BenchPlan,
  type Scenario,
} from './plan.ts'
import { showProgress } from './progress.ts'
import { formatText } from './report/text.ts'
import { writeReport } from './report/write.ts'
import { runBench, type BenchResult } from './run.ts'

interface Options {
  readonly orders?: number
  readonly rounds?: number
  readonly only?: readonly Scenario[]
  readonly quick?: boolean
  readonly write?: true
  readonly from?: string
  readonly json?: string
  readonly profile?: string
}

const program = new Command('bench')
  .description(
    'Measures how fast orders go from Kafka into PostgreSQL, beside the fastest and the usual way to write them; how long one takes, what memory that needs, and how fast orders are read.',
  )
  .addOption(new Option('--only <names>', `of ${SCENARIOS.join(', ')}: these alone`).argParser(readScenarios))
  .addOption(new Option('--orders <n>', `how many wait in Kafka (${FULL.orders})`).argParser(atLeast(20_000)))
  .addOption(
    new Option('--rounds <n>', `how often each is measured, in turns (${FULL.rounds})`).argParser(atLeast(1)),
  )
  .option(
    '--quick',
    `one round of ${QUICK.orders} orders, and a backlog of ${QUICK.backlogOrders}: only to see that it works`,
  )
  .option('--write', 'write docs/BENCHMARKS.md, its pictures, and the figures of every round beside them')
  .option('--from <file>', 'tell the figures of an earlier run, as --json wrote them, and measure nothing')
  .option('--json <file>', 'write the figures of every round to this file, those so far after each scenario')
  .option(
    '--profile <folder>',
    'write a CPU profile of the service to this folder for each measurement; it costs a little',
  )
  .addHelpText(
    'after',
    `
It starts a Kafka and a PostgreSQL of its own in a temporary folder, and removes them afterwards. It needs some
10 GB there, and about half an hour. Everything shares the machine, so trust the ratios more than the figures,
and neither when the machine had something else to do.

Exit codes: 0 measured, 2 wrong usage, 3 could not start or measure something, 130 interrupted.`,
  )

async function bench(options: Options): Promise<ExitCode> {
  const { stop } = listenForSignals()
  const { from, json, write = false } = options
  const keep = (result: BenchResult): void => {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
  }
  const plan = planOf(options)
  try {
    const result =
      from === undefined ? await measure(plan, options.quick ?? false, keep, stop) : readResult(from)
    if (write) writeReport(result)
    process.stdout.write(formatText(result))
    return EXIT.done
  } catch (error) {
    if (!stop.aborted) throw error
    process.stderr.write('interrupted\n')
    return EXIT.interrupted
  }
}

async function measure(
  plan: BenchPlan,
  quick: boolean,
  keep: (result: BenchResult) => void,
  stopping: AbortSignal,
): Promise<BenchResult> {
  using progress = showProgress(measurementsOf(plan))
  return await runBench(plan, quick, progress, keep, stopping)
}

/** Whoever changes what a result holds measures anew. */
function readResult(file: string): BenchResult {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function planOf({ only = SCENARIOS, quick, orders, rounds, write, profile }: Options): BenchPlan {
  if (write && only.length < SCENARIOS.length)
    program.error('--write is for a whole run, and --only leaves something out')
  const sizes = quick ? QUICK : FULL
  return {
    ...sizes,
    orders: orders ?? sizes.orders,
    rounds: rounds ?? sizes.rounds,
    only,
    profileFolder: profile,
  }
}

function atLeast(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} upwards.`)
  }
}

await runCommand(program, () => bench(program.opts<Options>()))
