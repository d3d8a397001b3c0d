import type { BenchResult } from '../run.ts'
import { whole } from './figures.ts'

/** What the figures were measured on and how: name and value. */
export function conditionsOf(result: BenchResult): readonly (readonly [name: string, value: string])[] {
  const { machine, rounds, serviceFlags, startedAt, minutes } = result
  const settings = Object.entries(machine.postgresSettings).map(([name, value]) => `${name}=${value}`)
  return [
    ['measured', `${startedAt.slice(0, 10)}, in ${minutes.toFixed(0)} min`],
    ['processor', `${machine.cores} × ${machine.cpu}`],
    ['memory', `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`],
    ['load average before', machine.loadBefore.toFixed(2)],
    ['Node', `${machine.node}, ${serviceFlags.join(' ')}`],
    ['Kafka', `${machine.kafka}, one broker`],
    ['PostgreSQL', `${machine.postgres}, ${settings.join(', ')}`],
    ['rounds', `${whole(rounds)}, each case once in each round`],
  ]
}

/** What the reader must know before believing a figure; undefined when there is nothing. */
export function warningOf({ quick, rounds }: BenchResult): string | undefined {
  if (quick) return 'This was a quick run, which only shows that everything works: its figures mean little.'
  if (rounds < 5) return 'This run had fewer than five rounds: its figures may be off by chance.'
  return undefined
}
