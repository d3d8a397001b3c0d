import { Command } from 'commander'
import { EXIT, runCommand, type ExitCode } from '../src/cli/command.ts'
import { listenForSignals, withinDrainTime } from '../src/cli/signals.ts'
import { describeConfig, findTargets, loadConfig, type Config } from '../src/config/config.ts'
import { startService } from '../src/main.ts'
import { runDemonstration } from '../src/wiring/demonstration.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { DEFAULT_STACK_DIR, startStack } from './stack.ts'
import { recordHttpAddress } from './state.ts'

interface Options {
  /** False with --no-producer. */
  readonly producer: boolean
  readonly printConfig?: true
}

const PORTS = { kafka: 9092, postgres: 5432 }

const program = new Command('start')
  .description('Runs the whole system: Kafka, PostgreSQL, all roles, and a producer that shows it at work.')
  .option('--no-producer', 'leave the demonstration producer out')
  .option('--print-config', 'print every setting with its source, secrets masked, and exit')
  .addHelpText(
    'after',
    `
With neither KAFKA_BROKERS nor DB_DSN set, Kafka and PostgreSQL are started on this machine, with
their data under .stack/; a stack that runs already is used, and left running. With both set, those are
used, and no demonstration orders are sent. With one alone it refuses to start.

Ctrl-C finishes what is in flight and stops what was started here; a second one ends at once.

Exit codes: 0 stopped as asked, 1 had to stop before everything was finished,
2 wrong configuration, 3 could not reach or start something, 130 ended by a second signal.`,
  )

async function start(options: Options): Promise<ExitCode> {
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  if (options.printConfig) {
    process.stdout.write(`${describeConfig(loadConfig({ need: [] }))}\n`)
    return EXIT.done
  }
  const { source } = findTargets()
  const own = source === 'none' || source === 'stack'
  // All problems at once, before anything starts.
  if (own) loadConfig({ need: [] })
  const signals = listenForSignals()
  await using opened = new AsyncDisposableStack()
  if (own) {
    opened.use(
      await startStack({ dir: DEFAULT_STACK_DIR, preferredPorts: PORTS, report, signal: signals.stop }),
    )
    opened.defer(() => recordHttpAddress(DEFAULT_STACK_DIR, undefined))
  }
  const config = loadConfig({ need: ['kafka', 'database'] })
  const log = createLogger({ level: config.logLevel })
  const service = await startService(config, log)
  if (own) recordHttpAddress(DEFAULT_STACK_DIR, service.url)
  report(addresses(config, service.url))
  const demonstration =
    own && options.producer ? runDemonstration(config, log, signals.stop) : Promise.resolve()
  await signals.stopped
  const code = await withinDrainTime(
    config.drainTimeoutMs,
    Promise.all([demonstration, service.drain()]).then(() => {}),
  )
  await opened.disposeAsync()
  return code
}

function addresses({ kafka, database }: Config<'kafka' | 'database'>, url: string): string {
  const dsn = new URL(database.dsn)
  return `
Sluice runs. Stop it with Ctrl-C.
  page        ${url}/
  an order    ${url}/orders/{uid}
  metrics     ${url}/metrics
  Kafka       ${kafka.brokers.join(',')}
  PostgreSQL  ${dsn.host}${dsn.pathname}   (the whole DSN is in .stack/stack.json)
  books       npm run audit
`
}

await runCommand(program, () => start(program.opts<Options>()))
