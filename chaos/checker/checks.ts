import { BOOK_CHECKS } from './check-books.ts'
import { DEAD_LETTER_CHECKS } from './check-dead-letters.ts'
import { LIST_CHECKS } from './check-list.ts'
import { METRIC_CHECKS } from './check-metrics.ts'
import { OFFSET_CHECKS } from './check-offsets.ts'
import { ORDER_CHECKS } from './check-orders.ts'
import { READ_CHECKS } from './check-reads.ts'
import { RUN_CHECKS } from './check-run.ts'
import type { Check, Finding, Guarantee, Limits } from './check.ts'
import type { Evidence } from './evidence.ts'

/** Every check, in the order of a report. */
export const CHECKS: readonly Check[] = [
  ...LIST_CHECKS,
  ...ORDER_CHECKS,
  ...OFFSET_CHECKS,
  ...DEAD_LETTER_CHECKS,
  ...BOOK_CHECKS,
  ...READ_CHECKS,
  ...METRIC_CHECKS,
  ...RUN_CHECKS,
]

const SHOWN = 5

export interface Verdict {
  readonly name: string
  readonly guarantee: Guarantee
  readonly ok: boolean
  /** The first few. */
  readonly findings: readonly Finding[]
  /** How many there were. */
  readonly count: number
}

/** One verdict for each check. Pure. */
export function judge(evidence: Evidence, limits: Limits): Verdict[] {
  return CHECKS.map(({ name, guarantee, judge: judgeOne }) => {
    const findings = judgeOne(evidence, limits)
    const count = findings.length
    return { name, guarantee, ok: count === 0, findings: findings.slice(0, SHOWN), count }
  })
}
