import { Command } from 'commander'
import { EXIT, runCommand } from '../../src/cli/command.ts'

/** A command that says much more than a pipe holds, and leaves something open. */
await runCommand(new Command('long-answer'), async () => {
  setInterval(() => {}, 60_000)
  for (let line = 0; line < 100_000; line++) process.stdout.write(`${line}\n`)
  return EXIT.no
})
