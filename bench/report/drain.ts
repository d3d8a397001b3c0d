import type { Drain } from '../drain.ts'
import type { DrainResult } from '../scenarios/drain.ts'
import { ratioOf, spreadOf } from '../statistics.ts'
import { roundsOf } from '../turns.ts'
import { barChart } from './bar-chart.ts'
import {
  present,
  rateOf,
  ratioRow,
  rowIfMeasured,
  SPREAD_HEADINGS,
  spreadRow,
  tenths,
  megabytes,
  verdictOf,
  whole,
} from './figures.ts'
import type { Picture, Section, Target } from './section.ts'

const SHARE_OF_CEILING = 0.65
const TIMES_THE_HABIT = 40
const HIGH_CEILING_PER_SECOND = 40_000
const BELOW_HIGH_CEILING_PER_SECOND = 25_000
const CPU_MICROS = 25

/** What was measured, as rates by round. */
interface Rates {
  readonly ceiling: readonly number[]
  readonly ours: readonly number[]
  readonly habit: readonly number[]
  readonly writes: readonly number[]
}

export function drainSection(result: DrainResult): Section {
  const { orders, bytesPerOrder, partitions, copyBatch, habitOrders, cases } = result
  const drains = roundsOf(cases, 'ours')
  const rates: Rates = {
    ceiling: roundsOf(cases, 'ceiling').map(rateOf),
    ours: drains.map(rateOf),
    habit: roundsOf(cases, 'habit').map(rateOf),
    writes: roundsOf(cases, 'habit, writes alone').map(rateOf),
  }
  const { ceiling, ours, habit, writes } = rates
  return {
    title: 'Drain',
    intro:
      `${whole(orders)} orders of ${whole(bytesPerOrder)} bytes wait in ${partitions} partitions; how fast are they all stored? ` +
      `*The ceiling* is what this database can take at most: COPY of rows that were prepared beforehand into the same tables, with their keys, indexes, foreign keys and hash column, ` +
      `over ${partitions} connections, ${whole(copyBatch)} orders in a transaction; no Kafka, no JSON, no ledger. ` +
      `*The habit* is what services of this kind usually do: one record, one transaction with a prepared insert for each row, its offset, and the next (${whole(habitOrders)} orders). ` +
      `*Ours* is the service from Kafka to committed, from its first batch on.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: [
          spreadRow('the ceiling: COPY', ceiling, 'orders/s', whole),
          spreadRow('ours, Kafka to committed', ours, 'orders/s', whole),
          spreadRow('the habit, Kafka to committed', habit, 'orders/s', whole),
          spreadRow("the habit's transactions alone", writes, 'orders/s', whole),
          ratioRow('ours / ceiling', ours, ceiling, 3),
          ratioRow('ours / habit', ours, habit, 1),
          ratioRow("ours / habit's transactions", ours, writes, 1),
          ...usageRows(drains),
        ],
      },
    ],
    targets: targetsOf(rates, present(drains.map(({ cpuMicrosPerOrder }) => cpuMicrosPerOrder))),
    pictures: [ceilingPicture(rates), habitPicture(rates)],
  }
}

function usageRows(drains: readonly Drain[]): Section['tables'][number]['rows'] {
  const shares = drains[0]?.resident?.map(({ share }) => share) ?? []
  return [
    ...rowIfMeasured(
      "the service's CPU per order",
      drains.map(({ cpuMicrosPerOrder }) => cpuMicrosPerOrder),
      'µs',
      tenths,
    ),
    ...rowIfMeasured(
      'resident memory, peak',
      drains.map(({ peakResidentBytes }) => peakResidentBytes),
      'MB',
      megabytes,
    ),
    ...shares.flatMap((share, step) =>
      rowIfMeasured(
        `resident memory at ${share * 100} %`,
        drains.map(({ resident }) => resident?.[step]?.bytes),
        'MB',
        megabytes,
      ),
    ),
  ]
}

function targetsOf({ ceiling, ours, habit }: Rates, cpuMicros: readonly number[]): Target[] {
  const share = ratioOf(ours, ceiling).ofMedians
  const times = ratioOf(ours, habit).ofMedians
  const isHigh = spreadOf(ceiling).median >= HIGH_CEILING_PER_SECOND
  const rate = spreadOf(ours).median
  return [
    {
      what: `drain at ${SHARE_OF_CEILING} of the COPY ceiling or more`,
      measured: share.toFixed(3),
      verdict: verdictOf(share >= SHARE_OF_CEILING),
    },
    {
      what: `${whole(BELOW_HIGH_CEILING_PER_SECOND)} orders/s or more where the ceiling is ${whole(HIGH_CEILING_PER_SECOND)}`,
      measured: isHigh
        ? whole(rate)
        : `${whole(rate)}, and the ceiling is ${whole(spreadOf(ceiling).median)}`,
      verdict: isHigh ? verdictOf(rate >= BELOW_HIGH_CEILING_PER_SECOND) : 'does not apply',
    },
    {
      what: `${TIMES_THE_HABIT} times one transaction per record or more`,
      measured: tenths(times),
      verdict: verdictOf(times >= TIMES_THE_HABIT),
    },
    {
      what: `${CPU_MICROS} µs of the service's CPU per order or less, from fetch to commit`,
      ...(cpuMicros.length === 0
        ? { measured: '–', verdict: 'not measured' }
        : {
            measured: `${tenths(spreadOf(cpuMicros).median)} µs`,
            verdict: verdictOf(spreadOf(cpuMicros).median <= CPU_MICROS),
          }),
    },
  ]
}

function ceilingPicture({ ceiling, ours }: Rates): Picture {
  const share = ratioOf(ours, ceiling).ofMedians
  const alt = `Ours stores ${whole(spreadOf(ours).median)} orders a second, ${share.toFixed(2)} of the ceiling of ${whole(spreadOf(ceiling).median)}`
  return {
    file: 'ceiling.svg',
    alt,
    svg: barChart({
      title: 'Ours as a share of the ceiling',
      description: alt,
      unit: 'orders/s',
      scale: 'linear',
      bars: [
        { label: 'the ceiling: COPY', spread: spreadOf(ceiling), text: whole(spreadOf(ceiling).median) },
        {
          label: 'ours, from Kafka',
          spread: spreadOf(ours),
          text: `${whole(spreadOf(ours).median)} (${share.toFixed(2)} of it)`,
          isOurs: true,
        },
      ],
      mark: { at: SHARE_OF_CEILING * spreadOf(ceiling).median, label: `target ${SHARE_OF_CEILING}` },
    }),
  }
}

function habitPicture({ ours, habit, writes }: Rates): Picture {
  const times = (slower: readonly number[]): string => `${ratioOf(ours, slower).ofMedians.toFixed(0)} times`
  const alt = `Ours stores ${times(habit)} as many orders a second as one transaction for each record`
  return {
    file: 'habit.svg',
    alt,
    svg: barChart({
      title: 'Ours and one transaction for each record',
      description: alt,
      unit: 'orders/s, each line ten times the one before',
      scale: 'logarithmic',
      bars: [
        { label: 'the habit, from Kafka', spread: spreadOf(habit), text: whole(spreadOf(habit).median) },
        { label: 'its transactions alone', spread: spreadOf(writes), text: whole(spreadOf(writes).median) },
        {
          label: 'ours, from Kafka',
          spread: spreadOf(ours),
          text: `${whole(spreadOf(ours).median)}, ${times(habit)} the habit`,
          isOurs: true,
        },
      ],
    }),
  }
}
