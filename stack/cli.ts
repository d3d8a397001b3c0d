import { Command, CommanderError, Option } from 'commander'
import { DEFAULT_STACK_DIR, resetStack, stackStatus, startStack, stopStack } from './stack.ts'
import { StackError } from './stack-error.ts'

const EXIT = { done: 0, no: 1, usage: 2, failed: 3, interrupted: 130 } as const

const report = (line: string) => process.stderr.write(`${line}\n`)
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)

interface Options {
  readonly dir: string
  readonly brokers?: 1 | 3
}

async function up({ dir, brokers }: Options): Promise<number> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interruption.abort(new StackError(`interrupted by ${signal}`)))
  }
  const begin = performance.now()
  const { running } = await stackStatus(dir)
  const preferredPorts = { kafka: 9092, postgres: 5432 }
  const { signal } = interruption
  const stack = await startStack({ dir, brokers, preferredPorts, keepRunning: true, report, signal })
  report(
    running
      ? 'Kafka and PostgreSQL run already'
      : `Kafka and PostgreSQL are ready after ${((performance.now() - begin) / 1000).toFixed(1)} s; data in ${stack.dir}`,
  )
  print({ brokers: stack.brokers, dsn: stack.dsn })
  return EXIT.done
}

async function down({ dir }: Options): Promise<number> {
  report((await stopStack(dir, report)) ? 'stopped; the data is kept' : 'nothing was running')
  return EXIT.done
}

async function status({ dir }: Options): Promise<number> {
  const found = await stackStatus(dir)
  for (const { name, running, pid, port } of found.servers) {
    report(`${name}: ${running ? `runs on 127.0.0.1:${port} as process ${pid}` : 'does not run'}`)
  }
  if (found.servers.length === 0) report(`there is no stack in ${dir}`)
  print(found)
  return found.running ? EXIT.done : EXIT.no
}

async function reset({ dir }: Options): Promise<number> {
  await resetStack(dir, report)
  report('stopped; the data is deleted')
  return EXIT.done
}

/** Runs one command line and returns its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done
  const program = new Command('stack')
    .description('Kafka and PostgreSQL on this machine, without containers; for development and tests.')
    .exitOverride()
    .addHelpText(
      'after',
      `
Kafka comes from Maven (or from KAFKA_HOME) and needs Java 17; PostgreSQL comes from npm.
Both listen on 127.0.0.1 only. What other programs need is printed as JSON on standard
output and kept in stack.json in the stack's folder while it runs.

Exit codes: 0 done or running, 1 not running (status), 2 wrong usage, 3 could not start
or stop something, 130 interrupted.`,
    )
  const command = (name: string, description: string, action: (options: Options) => Promise<number>) =>
    program
      .command(name)
      .description(description)
      .option('--dir <folder>', 'folder of the stack', DEFAULT_STACK_DIR)
      .action(async (options: Options) => {
        code = await action(options)
      })
  command('up', 'start what does not run yet, wait until it is ready, leave it running', up).addOption(
    new Option('--brokers <count>', 'brokers of a new stack, 1 or 3 (default: 1)')
      .choices(['1', '3'])
      .argParser(brokerCount),
  )
  command('down', 'stop it and keep the data', down)
  command('status', 'tell what runs; exit code 0 if everything does, else 1', status)
  command('reset', 'stop it and delete all its data', reset)
  await program.parseAsync(argv, { from: 'user' })
  return code
}

function brokerCount(text: string): 1 | 3 {
  if (text !== '1' && text !== '3')
    throw new CommanderError(EXIT.usage, 'brokers', '--brokers must be 1 or 3')
  return text === '1' ? 1 : 3
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  report(error instanceof StackError ? error.message : String(error instanceof Error ? error.stack : error))
  return error instanceof StackError && error.message.startsWith('interrupted')
    ? EXIT.interrupted
    : EXIT.failed
}

process.exitCode = await main(process.argv.slice(2)).catch(exitCodeFor)
