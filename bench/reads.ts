import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, runCommand, type ExitCode } from '../src/cli/command.ts'
import { listenForSignals } from '../src/cli/signals.ts'
import { startBenchStack } from './bench-stack.ts'
import { prepareLoad } from './load.ts'
import { describeMachine, loadNow } from './machine.ts'
import { measureDrainWithReads, measureWarmReads, type DrainWithReads } from './read-cases.ts'
import { formatReads, formatWarm, type ReadsResult } from './reads-report.ts'

interface Options {
  readonly orders: number
  readonly rounds: number
  readonly json?: string
}

const SAMPLE = 400
const IDLE = ['nobody', 'event streams', 'slowloris'] as const

const program = new Command('bench:reads')
  .description(
    'Measures how fast orders are read: from memory beside a bare server, and while others are stored.',
  )
  .addOption(new Option('--orders <n>', 'how many there are').argParser(atLeast(20_000)).default(200_000))
  .addOption(
    new Option('--rounds <n>', 'how often each is measured, in turns').argParser(atLeast(1)).default(5),
  )
  .option('--json <file>', 'write every figure of every round to this file')
  .addHelpText(
    'after',
    `
It starts a Kafka and a PostgreSQL of its own in a temporary folder, and removes them afterwards. Client and
server share the machine, so trust the ratios, and not when it had something else to do.

Exit codes: 0 measured, 2 wrong usage, 3 could not start or measure something, 130 interrupted.`,
  )

async function bench({ orders, rounds, json }: Options): Promise<ExitCode> {
  const { stop } = listenForSignals()
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  try {
    const result = await measure(orders, rounds, report, stop)
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(formatReads(result))
    return EXIT.done
  } catch (error) {
    if (!stop.aborted) throw error
    report('interrupted')
    return EXIT.interrupted
  }
}

async function measure(
  orders: number,
  rounds: number,
  report: (line: string) => void,
  stopping: AbortSignal,
): Promise<ReadsResult> {
  const loadBefore = loadNow()
  await using stack = await startBenchStack({ report, signal: stopping })
  const machine = await describeMachine(stack.dsn, loadBefore)
  report(`producing ${orders} orders`)
  const load = await prepareLoad(stack, { topic: 'reads', orders, sample: SAMPLE, seed: 'reads' }, stopping)
  const uids = load.sample.map(({ orders: rows }) => String(rows[0]?.[0]))
  report('warm-up, and reads from memory')
  const warm = await measureWarmReads(stack, load, uids, rounds)
  report(formatWarm(warm).join('\n'))
  const drains: Record<(typeof IDLE)[number], DrainWithReads[]> = {
    nobody: [],
    'event streams': [],
    slowloris: [],
  }
  for (let round = 1; round <= rounds; round++) {
    for (const idle of IDLE) {
      stopping.throwIfAborted()
      const drain = await measureDrainWithReads(stack, load, uids, idle)
      report(`drain ${round} of ${rounds} beside ${idle}: ${Math.round(drain.perSecond)} orders/s`)
      drains[idle].push(drain)
    }
  }
  return { finishedAt: new Date().toISOString(), machine, orders, warm, drains }
}

function atLeast(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} upwards.`)
  }
}

await runCommand(program, () => bench(program.opts<Options>()))
