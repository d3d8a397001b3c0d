import type { PoisonResult } from '../scenarios/poison.ts'
import { ratioOf } from '../statistics.ts'
import { roundsOf } from '../turns.ts'
import { rateOf, ratioRow, SPREAD_HEADINGS, spreadRow, verdictOf, whole } from './figures.ts'
import type { Section } from './section.ts'

const SHARE_OF_CLEAN = 0.95

export function poisonSection({ records, invalidShare, cases }: PoisonResult): Section {
  const clean = roundsOf(cases, 'clean').map(rateOf)
  const poisoned = roundsOf(cases, 'poisoned').map(rateOf)
  const share = ratioOf(poisoned, clean).ofMedians
  const percent = `${invalidShare * 100} %`
  return {
    title: 'Poison',
    intro: `Two drains of ${whole(records)} records each, in turns: in one all are orders, in the other ${percent} can't be read, and become dead letters.`,
    tables: [
      {
        headings: SPREAD_HEADINGS,
        rows: [
          spreadRow('clean', clean, 'records/s', whole),
          spreadRow(`${percent} invalid`, poisoned, 'records/s', whole),
          ratioRow('poisoned / clean', poisoned, clean, 3),
        ],
      },
    ],
    targets: [
      {
        what: `with ${percent} invalid, ${SHARE_OF_CLEAN} of the clean rate or more`,
        measured: share.toFixed(3),
        verdict: verdictOf(share >= SHARE_OF_CLEAN),
      },
    ],
    pictures: [],
  }
}
