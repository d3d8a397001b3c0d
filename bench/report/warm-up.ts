import type { WarmStart, WarmUpResult } from '../scenarios/warm-up.ts'
import { roundsOf } from '../turns.ts'
import { spreadOf } from '../statistics.ts'
import { hundredths, SPREAD_HEADINGS, spreadRow, verdictOf, whole } from './figures.ts'
import type { Section, Target } from './section.ts'

const TARGET_ORDERS = 200_000
const TARGET_SECONDS = 5
/** More would mean that a start waits for what is stored. */
const FIRST_ANSWER_TIMES = 1.25

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
            hundredths,
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
    targets: targetsOf(orders, full, none),
    pictures: [],
  }
}

function targetsOf(orders: number, full: readonly WarmStart[], none: readonly WarmStart[]): Target[] {
  const { median: seconds } = spreadOf(full.map((start) => start.seconds))
  const isSized = orders === TARGET_ORDERS
  const firstAnswer = (starts: readonly WarmStart[]): number =>
    spreadOf(starts.map(({ firstAnswerMs }) => firstAnswerMs)).median
  const times = firstAnswer(full) / firstAnswer(none)
  return [
    {
      what: `${whole(TARGET_ORDERS)} orders in the cache within ${TARGET_SECONDS} s`,
      measured: isSized ? `${hundredths(seconds)} s` : `${whole(orders)} orders in ${hundredths(seconds)} s`,
      verdict: isSized ? verdictOf(seconds < TARGET_SECONDS) : 'does not apply',
    },
    {
      what: `the first answer after a start no later than ${FIRST_ANSWER_TIMES} times that without orders`,
      measured: hundredths(times),
      verdict: verdictOf(times <= FIRST_ANSWER_TIMES),
    },
  ]
}
