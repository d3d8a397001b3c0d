import type { Latency } from '../latency.ts'
import type { LatencyResult } from '../scenarios/latency.ts'
import { spreadOf } from '../statistics.ts'
import { barChart } from './bar-chart.ts'
import { SPREAD_HEADINGS, spreadRow, tenths, verdictOf, whole } from './figures.ts'
import type { Picture, Section, Target } from './section.ts'

const TARGET_ORDERS_PER_SECOND = 2_000
const TARGET_P99_MS = 100

const PERCENTILES: readonly (readonly [name: string, of: (latency: Latency) => number])[] = [
  ['p50', ({ p50Ms }) => p50Ms],
  ['p90', ({ p90Ms }) => p90Ms],
  ['p99', ({ p99Ms }) => p99Ms],
  ['max', ({ maxMs }) => maxMs],
]

type Case = LatencyResult['cases'][number]

export function latencySection({ seconds, cases }: LatencyResult): Section {
  return {
    title: 'Latency at a fixed rate',
    intro:
      `Orders are produced one by one at a fixed rate for ${seconds} s. The clock of each runs from the moment when it was *meant* to be produced, whatever held its producer up, ` +
      `until another connection sees it committed, which is asked every 5 ms: so a latency is up to that much too long.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: cases.flatMap(({ ordersPerSecond, rounds }) =>
          PERCENTILES.map(([name, of]) =>
            spreadRow(`${name} at ${whole(ordersPerSecond)} orders/s`, rounds.map(of), 'ms', tenths),
          ),
        ),
      },
    ],
    targets: targetsOf(cases),
    pictures: [picture(cases)],
  }
}

function targetsOf(cases: readonly Case[]): Target[] {
  const what = `p99 from produced to stored of ${TARGET_P99_MS} ms or less at ${whole(TARGET_ORDERS_PER_SECOND)} orders/s`
  const found = cases.find(({ ordersPerSecond }) => ordersPerSecond === TARGET_ORDERS_PER_SECOND)
  if (found === undefined) return [{ what, measured: '–', verdict: 'not measured' }]
  const { median } = spreadOf(found.rounds.map(({ p99Ms }) => p99Ms))
  return [{ what, measured: `${tenths(median)} ms`, verdict: verdictOf(median <= TARGET_P99_MS) }]
}

function picture(cases: readonly Case[]): Picture {
  const alt = cases
    .map(({ ordersPerSecond, rounds }) => {
      const { median } = spreadOf(rounds.map(({ p99Ms }) => p99Ms))
      return `At ${whole(ordersPerSecond)} orders a second, 99 of 100 are stored within ${tenths(median)} ms`
    })
    .join('. ')
  return {
    file: 'latency.svg',
    alt,
    svg: barChart({
      title: 'From produced to stored',
      description: alt,
      unit: 'ms',
      scale: 'linear',
      bars: cases.flatMap(({ ordersPerSecond, rounds }) =>
        PERCENTILES.map(([name, of]) => {
          const spread = spreadOf(rounds.map(of))
          return {
            label: `${name} at ${whole(ordersPerSecond)}/s`,
            spread,
            text: tenths(spread.median),
            isOurs: true,
          }
        }),
      ),
      mark: { at: TARGET_P99_MS, label: 'target of p99' },
    }),
  }
}
