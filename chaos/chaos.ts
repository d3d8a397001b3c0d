import { writeFileSync } from 'node:fs'
import { EXIT, runCommand, type ExitCode } from '../src/cli/command.ts'
import { listenForSignals } from '../src/cli/signals.ts'
import { chaosCommand, chaosOptions, type ChaosOptions } from './options.ts'
import { formatReport, formatSchedule, shortcomings } from './report/report.ts'
import { runChaos, scheduleOf, type ChaosResult } from './run.ts'

const command = chaosCommand()

async function chaos(options: ChaosOptions): Promise<ExitCode> {
  if (options.plan) {
    process.stdout.write(formatSchedule(options, scheduleOf(options)))
    return EXIT.done
  }
  const signals = listenForSignals()
  const report = (line: string): void => void process.stderr.write(`${line}\n`)
  report(formatSchedule(options, scheduleOf(options)))
  try {
    const result = await runChaos(options, { keep: options.keep, report, stopping: signals.stop })
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(formatReport(result))
    return exitCodeOf(result)
  } catch (error) {
    if (!signals.stop.aborted) throw error
    report('interrupted')
    return EXIT.interrupted
  }
}

function exitCodeOf({ verdicts, happenings, figures }: ChaosResult): ExitCode {
  if (verdicts.some(({ ok }) => !ok)) return EXIT.no
  if (shortcomings({ happenings, figures }).length > 0) return EXIT.unreachable
  return happenings.some(({ failed }) => failed !== undefined) ? EXIT.unreachable : EXIT.done
}

await runCommand(command, () => chaos(chaosOptions(command)))
