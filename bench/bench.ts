import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, runCommand, type ExitCode } from '../src/cli/command.ts'
import { listenForSignals } from '../src/cli/signals.ts'
import { formatReport } from './report.ts'
import { runBench, type BenchPlan } from './run.ts'

interface Options {
  readonly orders: number
  readonly rounds: number
  readonly quick?: true
  readonly json?: string
  readonly profile?: string
}

const HABIT_ORDERS = 2_000
const LATENCY_SECONDS = 20
const QUICK = { orders: 40_000, rounds: 1, habitOrders: HABIT_ORDERS, latencySeconds: 5 }

const program = new Command('bench')
  .description(
    'Measures how fast orders go from Kafka into PostgreSQL, beside the fastest and the usual way to write them.',
  )
  .addOption(new Option('--orders <n>', 'how many wait in Kafka').argParser(atLeast(20_000)).default(200_000))
  .addOption(
    new Option('--rounds <n>', 'how often each is measured, in turns').argParser(atLeast(1)).default(5),
  )
  .option(
    '--quick',
    `${QUICK.orders} orders, one round, ${QUICK.latencySeconds} s of latency: only to see that it works`,
  )
  .option('--json <file>', 'write every figure of every round to this file')
  .option(
    '--profile <folder>',
    'write a CPU profile of the service to this folder for each measurement; it costs a little',
  )
  .addHelpText(
    'after',
    `
It starts a Kafka and a PostgreSQL of its own in a temporary folder, and removes them afterwards. Trust the
ratios more than the figures, and neither when the machine had something else to do.

Exit codes: 0 measured, 2 wrong usage, 3 could not start or measure something, 130 interrupted.`,
  )

async function bench(options: Options): Promise<ExitCode> {
  const signals = listenForSignals()
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  try {
    const result = await runBench(planOf(options), report, signals.stop)
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(formatReport(result))
    return EXIT.done
  } catch (error) {
    if (!signals.stop.aborted) throw error
    report('interrupted')
    return EXIT.interrupted
  }
}

function planOf({ orders, rounds, quick, profile }: Options): BenchPlan {
  const plan = quick ? QUICK : { orders, rounds, habitOrders: HABIT_ORDERS, latencySeconds: LATENCY_SECONDS }
  return { ...plan, profileFolder: profile }
}

function atLeast(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} upwards.`)
  }
}

await runCommand(program, () => bench(program.opts<Options>()))
