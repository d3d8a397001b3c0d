import type { BacklogResult } from '../scenarios/backlog.ts'
import { roundsOf } from '../turns.ts'
import {
  megabytes,
  present,
  rateOf,
  rowIfMeasured,
  SPREAD_HEADINGS,
  spreadRow,
  verdictOf,
  whole,
} from './figures.ts'
import { lineChart } from './line-chart.ts'
import type { Picture, Section, Target } from './section.ts'

const TARGET_ORDERS = 1_000_000
const TARGET_BYTES = 250e6
const TABLE_SHARES = [0.01, 0.25, 0.5, 0.75, 1]

export function backlogSection(result: BacklogResult): Section {
  const { orders, cacheMb, cases } = result
  const drains = roundsOf(cases, 'backlog')
  const peaks = drains.map(({ peakResidentBytes }) => peakResidentBytes)
  return {
    title: 'Memory at a deep backlog',
    intro:
      `${whole(orders)} orders wait, and the service drains them with \`CACHE_MB=${cacheMb}\`. ` +
      `What counts is its resident memory as the system sees it, since it started; 1 MB are 10^6 bytes.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: [
          ...rowIfMeasured('peak', peaks, 'MB', megabytes),
          ...TABLE_SHARES.flatMap((share) =>
            rowIfMeasured(`at ${share * 100} % of the drain`, bytesAt(result, share), 'MB', megabytes),
          ),
          spreadRow('drained at', drains.map(rateOf), 'orders/s', whole),
        ],
      },
    ],
    targets: [targetOf(result, present(peaks))],
    pictures: [picture(result, present(peaks))],
  }
}

function bytesAt({ cases }: BacklogResult, share: number): (number | undefined)[] {
  return roundsOf(cases, 'backlog').map(({ resident }) => resident?.find((at) => at.share >= share)?.bytes)
}

function targetOf({ orders, cacheMb }: BacklogResult, peaks: readonly number[]): Target {
  const what = `resident memory of ${megabytes(TARGET_BYTES)} MB or less at a backlog of ${whole(TARGET_ORDERS)} with \`CACHE_MB=${cacheMb}\``
  if (peaks.length === 0) return { what, measured: '–', verdict: 'not measured' }
  const measured = `${megabytes(Math.max(...peaks))} MB at most`
  if (orders < TARGET_ORDERS)
    return { what, measured: `${measured}, of ${whole(orders)} orders`, verdict: 'does not apply' }
  return { what, measured, verdict: verdictOf(Math.max(...peaks) <= TARGET_BYTES) }
}

function picture({ orders, cases }: BacklogResult, peaks: readonly number[]): Picture {
  const most = peaks.length === 0 ? '' : `, ${megabytes(Math.max(...peaks))} MB at most`
  const alt = `The service's resident memory while it stores ${whole(orders)} orders${most}`
  return {
    file: 'memory.svg',
    alt,
    svg: lineChart({
      title: `Memory over ${whole(orders)} orders`,
      description: alt,
      x: { label: 'orders stored', max: orders },
      y: { label: 'MB resident' },
      lines: roundsOf(cases, 'backlog').map(({ resident = [] }) =>
        resident.map(({ share, bytes }) => ({ x: share * orders, y: bytes / 1e6 })),
      ),
      mark: { at: TARGET_BYTES / 1e6, label: `target ${megabytes(TARGET_BYTES)} MB` },
    }),
  }
}
