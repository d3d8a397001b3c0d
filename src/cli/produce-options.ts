import { Command, InvalidArgumentError, Option } from 'commander'

export interface ProduceOptions {
  readonly count?: number
  readonly rate?: number
  readonly delay?: number
  readonly invalid: number
  readonly duplicate: number
  readonly conflict: number
  readonly seed?: string
  readonly file?: string
  readonly acknowledged?: string
  readonly json?: true
}

const A_DAY_MS = 86_400_000

export function produceCommand(): Command {
  const share = number(0, 1)
  const whole = number(0, 2 ** 53 - 1, true)
  return new Command('produce')
    .description('Produces orders to KAFKA_TOPIC: made up, or the lines of a file.')
    .addOption(option('--count <n>', 'how many records; without it, until it is stopped', whole))
    .addOption(option('--rate <n>', 'records per second', number(0.000_1, 1e6)).conflicts('delay'))
    .addOption(option('--delay <ms>', 'time between two records', number(0, A_DAY_MS)))
    .addOption(option('--invalid <share>', 'share of records that are no orders, 0 to 1', share).default(0))
    .addOption(
      option(
        '--duplicate <share>',
        'share that repeats an earlier order, maybe spelled differently',
        share,
      ).default(0),
    )
    .addOption(
      option('--conflict <share>', 'share that has an earlier order_uid and other content', share).default(0),
    )
    .option('--seed <text>', 'the same seed makes the same orders, byte for byte')
    .addOption(
      new Option('--file <path>', 'produce each line of this file as it is; - is standard input').conflicts([
        'count',
        'invalid',
        'duplicate',
        'conflict',
        'seed',
      ]),
    )
    .option('--acknowledged <path>', 'write a line of JSON to this file for each acknowledged record')
    .option('--json', 'print the totals as one JSON object')
    .addHelpText(
      'after',
      `
Without --rate and --delay: as fast as Kafka acknowledges when --count or --file is given, else one
record each PRODUCER_DELAY ms. Records are keyed by order_uid. What Kafka does not acknowledge is sent
again until it does. The first SIGINT or SIGTERM waits for what is in flight and prints the totals;
a second one ends at once.

Exit codes: 0 everything was acknowledged, 1 something was not, 2 wrong usage or configuration,
3 could not reach Kafka, or there is no such topic, 130 ended by a second signal.`,
    )
}

function option(flags: string, about: string, parse: (text: string) => number): Option {
  return new Option(flags, about).argParser(parse)
}

function number(min: number, max: number, whole = false): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const isOne = text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))
    if (isOne) return value
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`)
  }
}
