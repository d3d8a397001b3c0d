import { randomBytes } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { FAULTS } from './nemesis/nemesis.ts'

/** One run, to the last detail that is not left to the machine. */
export interface ChaosPlan {
  readonly seed: string
  readonly minutes: number
  readonly instances: number
  readonly brokers: 1 | 3
  /** Records per second. */
  readonly rate: number
  /** Names of the faults that may happen. */
  readonly faults: readonly string[]
}

export interface ChaosOptions extends ChaosPlan {
  /** Print the schedule, and do nothing. */
  readonly plan: boolean
  /** Leave the folder with all logs and data. */
  readonly keep: boolean
  readonly json: string | undefined
}

const PROFILES = {
  short: { minutes: 1, instances: 2, brokers: 1, rate: 300 },
  long: { minutes: 15, instances: 3, brokers: 3, rate: 300 },
} as const

interface Given {
  readonly seed?: string
  readonly profile: keyof typeof PROFILES
  readonly minutes?: number
  readonly instances?: number
  readonly brokers?: 1 | 3
  readonly rate?: number
  readonly only?: readonly string[]
  readonly plan?: true
  readonly keep?: true
  readonly json?: string
}

export function chaosCommand(): Command {
  return new Command('chaos')
    .description(
      'Breaks a running system in every way that a seed draws, then proves from outside that nothing was lost.',
    )
    .option('--seed <text>', 'draws what happens, and when; without it, one is made up and printed')
    .addOption(
      new Option(
        '--profile <name>',
        'short: a minute, two instances, one broker; long: a quarter of an hour, three and three',
      )
        .choices(Object.keys(PROFILES))
        .default('short'),
    )
    .addOption(new Option('--minutes <n>', 'how long things break').argParser(numberFrom(0.2)))
    .addOption(new Option('--instances <n>', 'instances of the service').argParser(wholeFrom(1)))
    .addOption(new Option('--brokers <n>', '1, or 3 with three replicas of everything').argParser(oneOrThree))
    .addOption(new Option('--rate <n>', 'records produced per second').argParser(numberFrom(1)))
    .addOption(
      new Option('--only <names>', 'only these faults, separated by commas; --plan shows names').argParser(
        faultNames,
      ),
    )
    .option('--plan', 'print what would happen, and do nothing')
    .option('--keep', 'leave the folder with logs and data, and say where it is')
    .option('--json <file>', 'write the verdicts and the timeline to this file')
    .addHelpText(
      'after',
      `
It starts Kafka, PostgreSQL with a standby, proxies, a producer and the service, all of its own and in a temporary
folder. The same seed and options give the same schedule; what the machine makes of it varies.

Exit codes: 0 every check passed, 1 at least one did not, 2 wrong usage, 3 could not start or break something,
130 interrupted.`,
    )
}

export function chaosOptions(command: Command): ChaosOptions {
  const given = command.opts<Given>()
  return {
    ...PROFILES[given.profile],
    ...(given.minutes !== undefined && { minutes: given.minutes }),
    ...(given.instances !== undefined && { instances: given.instances }),
    ...(given.brokers !== undefined && { brokers: given.brokers }),
    ...(given.rate !== undefined && { rate: given.rate }),
    seed: given.seed ?? randomBytes(4).toString('hex'),
    faults: given.only ?? FAULTS.map(({ name }) => name),
    plan: given.plan ?? false,
    keep: given.keep ?? false,
    json: given.json,
  }
}

function numberFrom(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isFinite(value) && value >= min) return value
    throw new InvalidArgumentError(`It must be a number from ${min} upwards.`)
  }
}

function wholeFrom(min: number): (text: string) => number {
  return (text) => {
    const value = numberFrom(min)(text)
    if (Number.isInteger(value)) return value
    throw new InvalidArgumentError('It must be a whole number.')
  }
}

function oneOrThree(text: string): 1 | 3 {
  if (text === '1') return 1
  if (text === '3') return 3
  throw new InvalidArgumentError('It must be 1 or 3.')
}

function faultNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name))
  if (unknown.length === 0) return names
  throw new InvalidArgumentError(
    `There is no fault named ${unknown.join(', ')}. There are: ${FAULTS.map(({ name }) => name).join(', ')}.`,
  )
}
