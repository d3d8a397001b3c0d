import type { WarmUpResult } from '../scenarios/warm-up.ts'
import { roundsOf } from '../turns.ts'
import { SPREAD_HEADINGS, spreadRow, whole } from './figures.ts'
import type { Section } from './section.ts'

export function warmUpSection({ orders, cases }: WarmUpResult): Section {
  const full = roundsOf(cases, 'with all orders')
  const none = roundsOf(cases, 'with none')
  return {
    title: 'Warm-up',
    intro: `A service starts with ${whole(orders)} orders in its database, and a cache that has room for all of them; another one with none. It answers at once, and fills the cache meanwhile.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: [
          spreadRow(
            'taken into the cache',
            full.map(({ orders: taken, seconds }) => taken / seconds),
            'orders/s',
            whole,
          ),
          spreadRow(
            `all ${whole(orders)} of them`,
            full.map(({ seconds }) => seconds),
            's after the first answer',
            (seconds) => seconds.toFixed(2),
          ),
          spreadRow(
            'first answer after the start',
            full.map(({ firstAnswerMs }) => firstAnswerMs),
            'ms',
            whole,
          ),
          spreadRow(
            'the same, with no orders',
            none.map(({ firstAnswerMs }) => firstAnswerMs),
            'ms',
            whole,
          ),
        ],
      },
    ],
    targets: [],
    pictures: [],
  }
}
