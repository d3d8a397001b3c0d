import type { ReadsResult } from '../scenarios/reads.ts'
import { ratioOf, spreadOf } from '../statistics.ts'
import { roundsOf } from '../turns.ts'
import { hundredths, rateOf, tenths, verdictOf, whole } from './figures.ts'
import type { Target } from './section.ts'

export const BESIDE: Readonly<Record<string, string>> = {
  nobody: 'nobody',
  'event streams': 'idle event streams',
  slowloris: 'slowloris sockets',
}

const SHARE_OF_BARE = 0.8
const TIMES_BARE_P99 = 1.5
const LOOKUP_P99_MS = 100
const SHARE_BESIDE_IDLE = 0.95
const TIMES_LOOKUP = 2

/** Of a service that does nothing but answer. */
export function idleTargets({ cases }: ReadsResult): Target[] {
  const ratio = (of: 'perSecond' | 'p99Ms', name: string, to: string): number =>
    ratioOf(
      roundsOf(cases, name).map((round) => round[of]),
      roundsOf(cases, to).map((round) => round[of]),
    ).ofMedians
  const share = ratio('perSecond', 'cached', 'bare')
  const p99 = ratio('p99Ms', 'cached', 'bare')
  const unchanged = ratio('perSecond', 'unchanged', 'cached')
  return [
    target(
      `an order in memory at ${SHARE_OF_BARE} of a bare \`node:http\` or more`,
      share,
      share >= SHARE_OF_BARE,
    ),
    target(`its p99 at ${TIMES_BARE_P99} times that of the bare one or less`, p99, p99 <= TIMES_BARE_P99),
    target('a 304 at the rate of the whole answer or more', unchanged, unchanged >= 1),
  ]
}

/** While it drains as fast as it can. */
export function drainTargets({ drains }: ReadsResult): Target[] {
  const alone = roundsOf(drains, 'nobody')
  const p99 = spreadOf(alone.map(({ lookups }) => lookups.p99Ms)).median
  return [
    {
      what: `look-ups while draining: p99 below ${LOOKUP_P99_MS} ms`,
      measured: `${tenths(p99)} ms`,
      verdict: verdictOf(p99 < LOOKUP_P99_MS),
    },
    ...drains
      .filter(({ clients }) => clients > 0)
      .flatMap(({ name, clients, rounds }) => {
        const who = `${whole(clients)} ${BESIDE[name]}`
        const rate = ratioOf(rounds.map(rateOf), alone.map(rateOf)).ofMedians
        const p50 = spreadOf(rounds.map(({ lookups }) => lookups.p50Ms)).median
        const times = p50 / spreadOf(alone.map(({ lookups }) => lookups.p50Ms)).median
        return [
          target(`beside ${who}, ${SHARE_BESIDE_IDLE} of the drain or more`, rate, rate >= SHARE_BESIDE_IDLE),
          target(
            `beside ${who}, look-ups (p50) at most ${TIMES_LOOKUP} times as long`,
            times,
            times < TIMES_LOOKUP,
          ),
        ]
      }),
  ]
}

function target(what: string, measured: number, isMet: boolean): Target {
  return { what, measured: hundredths(measured), verdict: verdictOf(isMet) }
}
