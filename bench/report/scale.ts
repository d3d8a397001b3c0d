import type { ScaleResult } from '../scenarios/scale.ts'
import { spreadOf } from '../statistics.ts'
import { barChart } from './bar-chart.ts'
import { present, rateOf, SPREAD_HEADINGS, spreadRow, tenths, whole } from './figures.ts'
import type { Picture, Section } from './section.ts'

export function scaleSection(result: ScaleResult): Section {
  const { orders, cases } = result
  return {
    title: 'Partitions and instances',
    intro:
      `${whole(orders)} orders in 1, 2 and 4 partitions, drained by one instance and by two that share them; from when each has committed a batch. ` +
      `Instances, broker and database share the processors here, so this shows what a second instance costs where it can't bring anything; on machines of their own they would have more.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: [
          ...cases.map(({ name, rounds }) => spreadRow(name, rounds.map(rateOf), 'orders/s', whole)),
          ...cases.flatMap(({ name, rounds }) => {
            const cpu = present(rounds.map(({ cpuMicrosPerOrder }) => cpuMicrosPerOrder))
            return cpu.length === 0 ? [] : [spreadRow(`CPU per order, ${name}`, cpu, 'µs', tenths)]
          }),
        ],
      },
    ],
    targets: [],
    pictures: [picture(result)],
  }
}

function picture({ cases }: ScaleResult): Picture {
  const bars = cases.map(({ name, rounds }) => {
    const spread = spreadOf(rounds.map(rateOf))
    return { label: name, spread, text: whole(spread.median), isOurs: true }
  })
  const alt = `Orders a second: ${bars.map(({ label, text }) => `${label}: ${text}`).join('; ')}`
  return {
    file: 'scale.svg',
    alt,
    svg: barChart({
      title: 'Partitions and instances on one machine',
      description: alt,
      unit: 'orders/s',
      scale: 'linear',
      bars,
    }),
  }
}
