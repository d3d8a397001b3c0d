import { CommanderError, type Command } from 'commander'
import { ConfigurationError } from '../config/config.ts'
import { summarizeError } from '../telemetry/error-summary.ts'

/** What scripts can rely on, of every command. */
export const EXIT = {
  done: 0,
  /** The answer is no: not balanced, not everything acknowledged, not running. */
  no: 1,
  /** Wrong usage or configuration; nothing was begun. */
  usage: 2,
  /** Something could not be reached or started. */
  unreachable: 3,
  /** Ended by a second signal. */
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * Runs one command line and ends the process with what `action` returns: by then it has closed all that it
 * opened, and no handle that a library still holds may keep whoever waits for the command. Everything that
 * goes wrong is said on standard error, without a stack: whoever runs a command wants to know what to do next.
 */
export async function runCommand(program: Command, action: () => Promise<ExitCode>): Promise<void> {
  await parse(withAction(program, action))
}

/** The same for a command that has others below it. */
export async function runSubcommands(
  program: Command,
  subcommands: readonly { readonly command: Command; readonly action: () => Promise<ExitCode> }[],
): Promise<void> {
  for (const { command, action } of subcommands) program.addCommand(withAction(command, action))
  await parse(tellingMore(program))
}

function withAction(command: Command, action: () => Promise<ExitCode>): Command {
  return tellingMore(command).action(async () => {
    await exit(await action())
  })
}

function tellingMore(command: Command): Command {
  return command.exitOverride().showHelpAfterError('(--help tells more)')
}

/** `process.exit` alone drops what a slow reader has not taken yet. */
async function exit(code: ExitCode): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  process.exit(code)
}

/** A reader like `head` has seen enough: the command goes on, and its exit code is what it is. */
function letReaderGo(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(explain(error))
  })
}

async function parse(program: Command): Promise<void> {
  letReaderGo(process.stdout)
  letReaderGo(process.stderr)
  try {
    await program.parseAsync()
  } catch (error) {
    await exit(explain(error))
  }
}

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  process.stderr.write(`${textOf(error)}\n`)
  return error instanceof ConfigurationError ? EXIT.usage : EXIT.unreachable
}

/** Our own errors say to the end what to do. What a library throws has a code, and may be of any length. */
function textOf(error: unknown): string {
  const { code, message } = summarizeError(error)
  if (code !== undefined) return `${code}: ${message}`
  return error instanceof Error && error.message !== '' ? error.message : message
}
