import { Command } from 'commander'
import { loadConfig } from '../config/config.ts'
import { migrate } from '../postgres/migrate.ts'
import { namingDatabase } from '../wiring/naming-targets.ts'
import { EXIT, runCommand } from './command.ts'

const program = new Command('migrate')
  .description('Brings the tables of the database in DB_DSN to the shape that this version needs.')
  .addHelpText(
    'after',
    `
Safe to run at any time and from several places at once: one migrates, the others wait.
Instances do the same at start, unless MIGRATE=off.

Exit codes: 0 done, 2 wrong configuration, 3 the database can't be reached or used.`,
  )

await runCommand(program, async () => {
  const config = loadConfig({ need: ['database'] })
  const { dsn } = config.database
  const applied = await namingDatabase(
    dsn,
    migrate(dsn, (text) => process.stderr.write(`${text}\n`)),
  )
  process.stderr.write(applied.length === 0 ? 'nothing to do\n' : '')
  for (const name of applied) process.stdout.write(`${name}\n`)
  return EXIT.done
})
