import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError } from 'commander'
import { checkAccounts, checkSettled } from '../audit/accounts.ts'
import { checkIdentities, deepAuditUnits } from '../audit/deep-audit.ts'
import { openReading, type Topics } from '../audit/reading.ts'
import { formatReport, makeReport, type AuditReport } from '../audit/report.ts'
import { lookAtMotion, waitUntilSettled } from '../audit/settle.ts'
import { loadConfig, type Config } from '../config/config.ts'
import { openCluster, type Cluster } from '../kafka/cluster.ts'
import { DEFAULT_LIMITS, FetchLoop } from '../kafka/fetch-loop.ts'
import { openAuditDatabase, type AuditDatabase } from '../postgres/audit-database.ts'
import { checkSchema } from '../postgres/migrate.ts'
import { namingDatabase } from '../wiring/naming-targets.ts'
import { EXIT, runCommand } from './command.ts'
import { roleTopics } from './role-topics.ts'
import { userName } from './user-name.ts'

interface Options {
  readonly json?: true
  readonly deep?: true
  readonly settled?: true
  readonly timeout: number
  readonly acknowledgeExpired?: string
}

const LOOK_EVERY_MS = 500
const SAY_EVERY_MS = 5_000
/** The audit reads to an end that it knows; there is nothing to wait for behind it. */
const AUDIT_WAIT_MS = 20

const program = new Command('audit')
  .description('Checks the books: what Kafka has, what the ledger says, and what the tables hold.')
  .option('--json', 'one JSON object instead of the report')
  .option('--deep', 'read the topics again and compare every record and row, not only the sums')
  .option('--settled', 'wait until nothing is on its way, and fail when that does not happen in time')
  .option('--timeout <seconds>', 'how long --settled waits', toSeconds, 60)
  .option(
    '--acknowledge-expired <reason>',
    'record that somebody looked into the records that Kafka deleted before they were read',
  )
  .addHelpText(
    'after',
    `
The service may be running: what it has not settled yet is shown as lag and is no fault.

Exit codes: 0 balanced, 1 not balanced or not settled in time, 2 wrong usage or configuration,
3 Kafka or the database can't be reached or read.`,
  )

async function audit(config: Config<'kafka' | 'database'>, options: Options): Promise<AuditReport> {
  const kafka = { ...config.kafka, clientId: 'sluice-audit' }
  const { dsn } = config.database
  await namingDatabase(dsn, checkSchema(dsn))
  await using cluster = openCluster(kafka, () => {})
  const questions = explainingFailures(cluster, kafka.brokers)
  await using database = await openAuditDatabase(dsn)
  const topics = roleTopics(config)
  if (options.acknowledgeExpired !== undefined) await acknowledge(database, options.acknowledgeExpired)
  let wasAtRest = false
  if (options.settled) {
    const look = () => lookAtMotion(questions, topics, database)
    const say = (lag: number): void => {
      if (lag > 0) process.stderr.write(`waiting: ${lag} records are not settled\n`)
    }
    wasAtRest = await waitUntilSettled(look, {
      timeoutMs: options.timeout * 1000,
      lookEveryMs: LOOK_EVERY_MS,
      report: limitRepeats(say),
    })
  }
  const { reading, snapshot } = await openReading(questions, topics, database)
  await using _ = snapshot
  const accounts = checkAccounts(reading)
  if (options.settled) accounts.push(checkSettled(reading, wasAtRest))
  if (!options.deep) return makeReport(reading, accounts, undefined)
  // Ranges are read one after the other, so those that wait must not keep the first from being asked for.
  const limits = { ...DEFAULT_LIMITS, waitMs: AUDIT_WAIT_MS, totalBytes: Infinity }
  await using fetchLoop = new FetchLoop(kafka, () => {}, limits)
  const log = {
    open: (at: Parameters<FetchLoop['open']>[0]) => fetchLoop.open(at),
    range: questions.range,
  }
  using progress = showProgress(deepAuditUnits(reading))
  const identities = await checkIdentities(log, snapshot, reading, progress.advance)
  return makeReport(reading, accounts, identities)
}

/** The client says that something failed, and not where. */
function explainingFailures(cluster: Cluster, brokers: readonly string[]): Topics {
  const explain = (error: unknown): never => {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`Kafka at ${brokers.join(',')} gives no answer: ${message}`, { cause: error })
  }
  return {
    topic: (name) => cluster.topic(name).catch(explain),
    range: (topic, partition) => cluster.range(topic, partition).catch(explain),
  }
}

async function acknowledge(database: AuditDatabase, reason: string): Promise<void> {
  const records = await database.acknowledgeExpired(userName(), reason)
  process.stderr.write(
    records > 0 ? `acknowledged ${records} expired records\n` : 'no expired records to acknowledge\n',
  )
}

function toSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.')
  return Number(text)
}

function limitRepeats(say: (lag: number) => void): (lag: number) => void {
  let saidAtMs = -SAY_EVERY_MS
  return (lag) => {
    if (performance.now() - saidAtMs < SAY_EVERY_MS) return
    saidAtMs = performance.now()
    say(lag)
  }
}

/** A bar on a terminal; elsewhere nothing, since a log has no use for it. */
function showProgress(total: number): { advance: (units: number) => void } & Disposable {
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {value}/{total} | {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    etaBuffer: 500,
  })
  if (total > 0) bar.start(total, 0)
  return {
    advance: (units) => bar.increment(units),
    [Symbol.dispose]: () => bar.stop(),
  }
}

await runCommand(program, async () => {
  const options = program.opts<Options>()
  const config = loadConfig({ need: ['kafka', 'database'] })
  const report = await audit(config, options)
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report))
  return report.balanced ? EXIT.done : EXIT.no
})
