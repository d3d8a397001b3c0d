import { ConfigurationError, loadConfig, type Config } from '../config/config.ts'
import { openCluster, type Cluster } from '../kafka/cluster.ts'
import type { LedgerKey } from '../pipeline/ledger.ts'
import type { LogRange } from '../pipeline/log.ts'
import { openAuditDatabase } from '../postgres/audit-database.ts'
import { openLedgerRepair, type LedgerRepair } from '../postgres/ledger-repair.ts'
import { checkSchema } from '../postgres/migrate.ts'
import { planMove, type Move, type MovableRow } from '../repair/moves.ts'
import { namingDatabase, namingKafka } from '../wiring/naming-targets.ts'
import { EXIT, runSubcommands, type ExitCode } from './command.ts'
import { confirm } from './confirm.ts'
import {
  deletedCommand,
  ledgerCommand,
  rewindCommand,
  skipCommand,
  statusCommand,
  type DeletedOptions,
  type MoveOptions,
  type RewindOptions,
  type SkipOptions,
  type StatusOptions,
} from './ledger-options.ts'
import { describeMove, formatStatus, readStatus } from './ledger-report.ts'
import { findUnreadable } from './ledger-unreadable.ts'
import { roleTopics } from './role-topics.ts'
import { userName } from './user-name.ts'

/** A partition with its books and its log, as it was found. */
interface Found {
  readonly key: LedgerKey
  readonly row: MovableRow
  readonly log: LogRange
}

const kafkaOf = ({ kafka }: Config<'kafka' | 'database'>) => ({ ...kafka, clientId: 'sluice-ledger' })

async function status({ json }: StatusOptions): Promise<ExitCode> {
  const config = loadConfig({ need: ['kafka', 'database'] })
  const { dsn } = config.database
  await namingDatabase(dsn, checkSchema(dsn))
  await using cluster = openCluster(kafkaOf(config), () => {})
  await using database = await openAuditDatabase(dsn)
  const partitions = await namingKafka(
    config.kafka.brokers,
    readStatus(cluster, roleTopics(config), database),
  )
  process.stdout.write(json ? `${JSON.stringify({ partitions })}\n` : formatStatus(partitions))
  return EXIT.done
}

function skip(options: SkipOptions): Promise<ExitCode> {
  return move(options, async (found, config) => {
    if (options.to !== undefined) return { kind: 'skip', to: toOffset(options.to, found.log) }
    const batch = await findUnreadable(kafkaOf(config), found.key, found.row.nextOffset, found.log.end)
    if (!batch.ok) return refuse(batch.why)
    process.stderr.write(`offsets ${batch.first} to ${batch.to - 1} can't be decoded: ${batch.reason}\n`)
    return { kind: 'skip', to: batch.to }
  })
}

function rewind({ to, takeBack = {}, ...options }: RewindOptions): Promise<ExitCode> {
  return move(options, async ({ row, log }) => ({
    kind: 'rewind',
    to: to === 'start' ? Math.max(row.origin, log.start) : toOffset(to, log),
    takeBack,
  }))
}

function deleted({ rows, ...options }: DeletedOptions): Promise<ExitCode> {
  return move(options, async ({ key }, config) => {
    if (key.topic === config.topics.retries) return refuse('no rows come from that topic')
    return { kind: 'deleted', column: key.topic === config.topics.orders ? 'stored' : 'archived', rows }
  })
}

/** Looks, says what will be done, and does it under the lock of the row, where it is decided once more. */
async function move(
  options: MoveOptions,
  choose: (found: Found, config: Config<'kafka' | 'database'>) => Promise<Move | undefined>,
): Promise<ExitCode> {
  const config = loadConfig({ need: ['kafka', 'database'] })
  const { dsn } = config.database
  await namingDatabase(dsn, checkSchema(dsn))
  await using cluster = openCluster(kafkaOf(config), () => {})
  await using repair = openLedgerRepair(dsn)
  const found = await find(config, options, cluster, repair)
  const chosen = found && (await choose(found, config))
  if (found === undefined || chosen === undefined) return EXIT.no
  const { key, row, log } = found
  const planned = planMove(chosen, row, log)
  if (!planned.ok) return no(key, planned.why)
  const before = describeMove(key, chosen, row, planned.change)
  process.stderr.write(`${before}\n`)
  if (options.dryRun) {
    report(options, { ...key, from: row.nextOffset, ...planned.change, dryRun: true }, 'nothing was changed')
    return EXIT.done
  }
  if (!options.yes && !(await confirm('Do it?'))) return no(key, 'nothing was changed')
  const { reason } = options
  let from = row.nextOffset
  const trace = { actor: userName(), action: chosen.kind, reason }
  const done = await repair.change(key, trace, (now) => {
    from = now.nextOffset
    // What was to be passed over was chosen for this position.
    if (chosen.kind === 'skip' && now.nextOffset !== row.nextOffset)
      return { ok: false, why: `the ledger moved to ${now.nextOffset} meanwhile; look again` }
    return planMove(chosen, now, log)
  })
  if (done === undefined) return no(key, 'its row is gone')
  if (!done.ok) return no(key, done.why)
  const { nextOffset } = done.change
  const text = `done: the ledger of ${key.topic}-${key.partition} stands at ${nextOffset}. A service that runs notices within some seconds`
  report(options, { ...key, from, ...done.change, dryRun: false }, text)
  return EXIT.done
}

async function find(
  config: Config<'kafka' | 'database'>,
  { topic, partition }: MoveOptions,
  cluster: Cluster,
  repair: LedgerRepair,
): Promise<Found | undefined> {
  const role = roleTopics(config).find((each) => each.topic === topic)
  if (role === undefined) {
    const known = roleTopics(config).map((each) => each.topic)
    throw new ConfigurationError([`--topic ${topic} is none of the topics: ${known.join(', ')}`])
  }
  const { brokers } = config.kafka
  const state = await namingKafka(brokers, cluster.topic(topic))
  if (state === undefined) return refuse(`there is no topic ${topic}`)
  if (partition >= state.partitionCount)
    return refuse(`${topic} has the partitions 0 to ${state.partitionCount - 1}`)
  const key = { consumerGroup: role.consumerGroup, topic, topicId: state.id, partition }
  const log = await namingKafka(brokers, cluster.range(topic, partition))
  const row = await repair.read(key)
  if (row === undefined)
    return refuse(`the ledger has no row of ${topic}-${partition}: nothing of it was ever read`)
  return { key, row, log }
}

function toOffset(to: number | 'end', { end }: LogRange): number {
  return to === 'end' ? end : to
}

function refuse(why: string): undefined {
  process.stderr.write(`${why}\n`)
}

function no({ topic, partition }: LedgerKey, why: string): ExitCode {
  refuse(`${topic}-${partition}: ${why}`)
  return EXIT.no
}

function report({ json }: MoveOptions, result: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${text}\n`)
}

await runSubcommands(ledgerCommand(), [
  { command: statusCommand, action: () => status(statusCommand.opts<StatusOptions>()) },
  { command: skipCommand, action: () => skip(skipCommand.opts<SkipOptions>()) },
  { command: rewindCommand, action: () => rewind(rewindCommand.opts<RewindOptions>()) },
  { command: deletedCommand, action: () => deleted(deletedCommand.opts<DeletedOptions>()) },
])
