import type { HttpLoad } from '../http-load.ts'
import type { ReadsResult } from '../scenarios/reads.ts'
import { spreadOf } from '../statistics.ts'
import { roundsOf } from '../turns.ts'
import { barChart } from './bar-chart.ts'
import { hundredths, rateOf, ratioRow, SPREAD_HEADINGS, spreadRow, whole } from './figures.ts'
import { BESIDE, drainTargets, idleTargets } from './reads-targets.ts'
import type { Picture, Section, Table } from './section.ts'

const NAMES = [
  ['bare', 'bare `node:http`'],
  ['cached', 'an order in memory'],
  ['unchanged', 'the same, unchanged (304)'],
  ['uncached', 'orders with the cache off'],
] as const

export function readsSection(result: ReadsResult): Section {
  const { orders, connections } = result
  return {
    title: 'Reads',
    intro:
      `${connections} connections ask for orders by uid, one request after the other on each. The bare server answers everything with the bytes and headers of one order, and does nothing else. ` +
      `Then the service drains ${whole(orders)} orders while 200 look-ups a second are sent, timed from when each was meant to be sent; alone, beside pages that are left open, and beside clients that never finish a request.`,
    tables: [idleTable(result), drainTable(result)],
    targets: [...idleTargets(result), ...drainTargets(result)],
    pictures: [picture(result)],
  }
}

function idleTable({ cases }: ReadsResult): Table {
  const rates = (name: string): number[] => roundsOf(cases, name).map(rateOf)
  const p99 = (name: string): number[] => roundsOf(cases, name).map(p99Of)
  return {
    headings: SPREAD_HEADINGS,
    rows: [
      ...NAMES.map(([name, label]) => spreadRow(label, rates(name), 'answers/s', whole)),
      ...NAMES.map(([name, label]) => spreadRow(`${label}, p99`, p99(name), 'ms', hundredths)),
      ratioRow('in memory / bare', rates('cached'), rates('bare'), 2),
      ratioRow('304 / in memory', rates('unchanged'), rates('cached'), 2),
      ratioRow('cache off / in memory', rates('uncached'), rates('cached'), 2),
    ],
  }
}

function drainTable({ drains }: ReadsResult): Table {
  const undisturbed = roundsOf(drains, 'nobody').map(rateOf)
  return {
    headings: ['while draining', ...SPREAD_HEADINGS.slice(1)],
    rows: drains.flatMap(({ name, clients, rounds }) => {
      const label = `beside ${clients === 0 ? '' : `${whole(clients)} `}${BESIDE[name]}`
      const rates = rounds.map(rateOf)
      const lookups = rounds.map((round) => round.lookups)
      return [
        spreadRow(`stored ${label}`, rates, 'orders/s', whole),
        ...(clients === 0 ? [] : [ratioRow('the same / beside nobody', rates, undisturbed, 2)]),
        spreadRow(`look-ups ${label}, p50`, lookups.map(p50Of), 'ms', hundredths),
        spreadRow(`look-ups ${label}, p99`, lookups.map(p99Of), 'ms', hundredths),
      ]
    }),
  }
}

function p50Of({ p50Ms }: HttpLoad): number {
  return p50Ms
}

function p99Of({ p99Ms }: HttpLoad): number {
  return p99Ms
}

function picture({ cases }: ReadsResult): Picture {
  const spreads = NAMES.map(([name, label]) => ({
    label: label.replaceAll('`', ''),
    spread: spreadOf(roundsOf(cases, name).map(rateOf)),
    isOurs: name !== 'bare',
  }))
  const alt = `Answers a second: ${spreads.map(({ label, spread }) => `${label} ${whole(spread.median)}`).join(', ')}`
  return {
    file: 'reads.svg',
    alt,
    svg: barChart({
      title: 'Reads of orders by uid',
      description: alt,
      unit: 'answers/s',
      scale: 'linear',
      bars: spreads.map((bar) => ({ ...bar, text: whole(bar.spread.median) })),
    }),
  }
}
