import type { Drain } from './drain.ts'
import type { Machine } from './machine.ts'
import type { BenchResult } from './run.ts'
import { ratioOf, spreadOf } from './statistics.ts'

type Row = readonly [name: string, median: string, min: string, max: string, unit: string]

const MIB = 2 ** 20
const HEADINGS: Row = ['', 'median', 'min', 'max', '']

/** The figures for people. */
export function formatReport({ machine, settings, rounds, latency }: BenchResult): string {
  const ceiling = rounds.map((round) => round.ceiling.perSecond)
  const ours = rounds.map((round) => round.ours.perSecond)
  const habit = rounds.map((round) => round.habit.perSecond)
  const habitWrites = rounds.map((round) => round.habitWrites.perSecond)
  const rows: readonly Row[] = [
    HEADINGS,
    spreadRow('ceiling: COPY', ceiling, 'orders/s', whole),
    spreadRow('ours: Kafka to committed', ours, 'orders/s', whole),
    spreadRow('habit: Kafka, one transaction each', habit, 'orders/s', whole),
    spreadRow('its transactions alone', habitWrites, 'orders/s', whole),
    ratioRow('ours / ceiling', ours, ceiling, 3),
    ratioRow('ours / habit', ours, habit, 1),
    ratioRow("ours / habit's transactions", ours, habitWrites, 1),
    ...usageRows(rounds.map((round) => round.ours)),
  ]
  return [
    ...describeMachine(machine),
    `${settings.orders} orders of ${whole(settings.bytesPerOrder)} bytes in ${settings.partitions} partitions; ` +
      `${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}; ` +
      `COPY: ${settings.partitions} connections, ${settings.copyBatch} orders in a transaction; ` +
      `habit: ${settings.habitOrders} orders; service: default settings, ${settings.serviceFlags.join(' ')}`,
    '',
    ...align(rows),
    '',
    `produced to visible at ${latency.ordersPerSecond} orders/s, ${latency.orders} orders: ` +
      `p50 ${latency.p50Ms.toFixed(1)} ms, p99 ${latency.p99Ms.toFixed(1)} ms, max ${latency.maxMs.toFixed(1)} ms`,
    '',
  ].join('\n')
}

function describeMachine(machine: Machine): string[] {
  const settings = Object.entries(machine.postgresSettings).map(([name, value]) => `${name}=${value}`)
  return [
    `${machine.cores} × ${machine.cpu}, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB; load before ${machine.loadBefore.toFixed(2)}`,
    `Node ${machine.node}, Kafka ${machine.kafka}, PostgreSQL ${machine.postgres} (${settings.join(', ')})`,
  ]
}

/** Missing where the system does not tell what a process uses. */
function usageRows(drains: readonly Drain[]): Row[] {
  const cpu = present(drains.map(({ cpuMicrosPerOrder }) => cpuMicrosPerOrder))
  const peak = present(drains.map(({ peakResidentBytes }) => peakResidentBytes))
  if (cpu.length === 0 || peak.length === 0) return []
  const shares = drains[0]?.resident?.map(({ share }) => share) ?? []
  return [
    spreadRow("service's CPU per order", cpu, 'µs', (value) => value.toFixed(1)),
    spreadRow('memory, peak', peak, 'MiB', mebibytes),
    ...shares.map((share, index) => {
      const bytes = present(drains.map(({ resident }) => resident?.[index]?.bytes))
      return spreadRow(`memory at ${share * 100} % of the drain`, bytes, 'MiB', mebibytes)
    }),
  ]
}

function spreadRow(
  name: string,
  values: readonly number[],
  unit: string,
  write: (value: number) => string,
): Row {
  const { median, min, max } = spreadOf(values)
  return [name, write(median), write(min), write(max), unit]
}

function ratioRow(name: string, a: readonly number[], b: readonly number[], digits: number): Row {
  const { ofMedians, pairs } = ratioOf(a, b)
  const [min, max] = [Math.min(...pairs), Math.max(...pairs)]
  return [name, ofMedians.toFixed(digits), min.toFixed(digits), max.toFixed(digits), 'pairs by round']
}

function present(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined)
}

function whole(value: number): string {
  return String(Math.round(value))
}

function mebibytes(bytes: number): string {
  return whole(bytes / MIB)
}

function align(rows: readonly Row[]): string[] {
  const widest = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, ...cells]) => {
    const unit = cells.pop() ?? ''
    return `${name.padEnd(widest)}${cells.map((cell) => cell.padStart(10)).join('')}  ${unit}`.trimEnd()
  })
}
