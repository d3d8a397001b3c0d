import { Command, InvalidArgumentError, Option } from 'commander'
import { DISPOSITION_COLUMNS, type TakenBack } from '../repair/moves.ts'

export interface StatusOptions {
  readonly json?: true
}

/** Of every command that changes the books. */
export interface MoveOptions {
  readonly topic: string
  readonly partition: number
  readonly reason: string
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
}

export interface SkipOptions extends MoveOptions {
  /** Undefined with `batch`. */
  readonly to?: number | 'end'
  readonly batch?: true
}

export interface RewindOptions extends MoveOptions {
  readonly to: number | 'start' | 'end'
  readonly takeBack?: TakenBack
}

export interface DeletedOptions extends MoveOptions {
  readonly rows: number
}

export function ledgerCommand(): Command {
  return new Command('ledger')
    .description('Shows where the books of each partition stand, and moves them by hand.')
    .addHelpText(
      'after',
      `
The ledger alone says where the service reads on; resetting the offsets of the consumer group does
nothing. It may run meanwhile: a batch under way is dropped and read again, and idle partitions notice
within 5 s. What was moved, by whom and why stays in the table audit_log.

  npm run ledger -- status
  npm run ledger -- skip --topic orders --partition 0 --batch --reason "ticket 4712: bad disk"
  npm run ledger -- rewind --topic orders --partition 1 --to 480 --reason "ticket 4711" --dry-run

Exit codes: 0 done, 1 it can't be done and nothing was changed, 2 wrong usage or configuration,
3 Kafka or the database can't be reached.`,
    )
}

export const statusCommand = new Command('status')
  .description('where the books of every partition stand, and what became of its offsets')
  .option('--json', 'one JSON object instead of the table')
  .addHelpText(
    'after',
    `
next is the offset that is read next: everything before it has one of the outcomes beside it. Whether a
partition is held, and why, only the service knows: GET /readyz?verbose.`,
  )

export const skipCommand = moving('skip')
  .description('passes over offsets that are never read; they count as skipped')
  .addOption(option('--to <offset>', 'the offset to go on from, or "end" (of the log)', offsetOr('end')))
  .addOption(new Option('--batch', 'find the end of the batch that can not be decoded').conflicts('to'))
  .hook('preAction', (command) => {
    const { to, batch } = command.opts<SkipOptions>()
    if (to === undefined && !batch) command.error('error: one of --to and --batch is needed')
  })
  .addHelpText(
    'after',
    `
From where the ledger stands up to, not including, --to. With --batch the partition is read there, and
exactly the batch that can't be decoded is passed over; when the next one can't be either, repeat it.
The records that are passed over are lost to this service, unless their producer sends them again.`,
  )

export const rewindCommand = moving('rewind')
  .description('reads offsets again; they count as rewound')
  .addOption(
    option(
      '--to <offset>',
      'the offset to read next, "start" or "end" (of the log)',
      offsetOr('start', 'end'),
    ).makeOptionMandatory(),
  )
  .addOption(
    option('--take-back <column=count,…>', 'outcomes that are gone, so that they count once', toTakenBack),
  )
  .addHelpText(
    'after',
    `
Reading again is harmless: what is stored comes as a duplicate, and a dead letter is archived once.
When rows were lost, say how many with --take-back: "--take-back stored=3" before 3 deleted orders are
stored again, dead_lettered for dead letters that Kafka lost, archived for rows missing from dlq.`,
  )

export const deletedCommand = moving('deleted')
  .description('says that rows were deleted on purpose; they count as skipped')
  .addOption(option('--rows <n>', 'how many', offsetOr()).makeOptionMandatory())
  .addHelpText(
    'after',
    `
For orders that were deleted from all four tables, in the partition that they came from
(source_partition), or for rows of dlq, in the partition of the topic of dead letters.`,
  )

/** A command that moves the books of one partition. */
function moving(name: string): Command {
  return new Command(name)
    .requiredOption('--topic <name>', 'one of KAFKA_TOPIC, RETRY_TOPIC and DLQ_TOPIC')
    .addOption(option('--partition <n>', 'of that topic', offsetOr()).makeOptionMandatory())
    .addOption(
      option('--reason <text>', 'why; it stays in the table audit_log', toReason).makeOptionMandatory(),
    )
    .option('--dry-run', 'only say what would be done')
    .option('--yes', 'do not ask; without a terminal nothing is asked')
    .option('--json', 'one JSON object instead of a sentence')
}

function option(flags: string, description: string, parser: (text: string) => unknown): Option {
  return new Option(flags, description).argParser(parser)
}

function offsetOr<Word extends string>(...words: Word[]): (text: string) => number | Word {
  return (text) => {
    const word = words.find((each) => each === text)
    if (word !== undefined) return word
    if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
    return Number(text)
  }
}

function toReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must say something.')
  return text
}

function toTakenBack(text: string): TakenBack {
  const pairs = text.split(',').map((pair) => {
    const [name, count = ''] = pair.split('=')
    const column = DISPOSITION_COLUMNS.find((each) => each === name)
    if (column === undefined || !/^\d{1,15}$/.test(count))
      throw new InvalidArgumentError(`It must be column=count, of ${DISPOSITION_COLUMNS.join(', ')}.`)
    return [column, Number(count)] as const
  })
  return Object.fromEntries(pairs)
}
