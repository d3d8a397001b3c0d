import { Command } from 'commander'
import { describeConfig, loadConfig } from '../config/config.ts'
import { startService } from '../main.ts'
import { createLogger } from '../telemetry/logger.ts'
import { EXIT, runCommand, type ExitCode } from './command.ts'
import { listenForSignals, withinDrainTime } from './signals.ts'

interface Options {
  readonly printConfig?: true
}

const program = new Command('serve')
  .description('Runs the service against the Kafka and the PostgreSQL that KAFKA_BROKERS and DB_DSN name.')
  .option('--print-config', 'print every setting with its source, secrets masked, and exit')
  .addHelpText(
    'after',
    `
Everything is configured by the environment or a file .env; --print-config lists it.
The first SIGINT or SIGTERM finishes what is in flight and exits with 0; a second one ends at once.

Exit codes: 0 stopped as asked, 1 had to stop before everything was finished,
2 wrong configuration, 3 could not reach or start something, 130 ended by a second signal.`,
  )

async function serve({ printConfig }: Options): Promise<ExitCode> {
  const config = loadConfig({ need: printConfig ? [] : ['kafka', 'database'] })
  if (printConfig) {
    process.stdout.write(`${describeConfig(config)}\n`)
    return EXIT.done
  }
  const signals = listenForSignals()
  const service = await startService(config, createLogger({ level: config.logLevel }))
  await signals.stopped
  return withinDrainTime(config.drainTimeoutMs, service.drain())
}

await runCommand(program, () => serve(program.opts<Options>()))
