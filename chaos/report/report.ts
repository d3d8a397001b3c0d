import type { Verdict } from '../checker/checks.ts'
import { FAULTS, type Happening } from '../nemesis/nemesis.ts'
import type { ScheduledFault } from '../nemesis/schedule.ts'
import type { ChaosPlan } from '../options.ts'
import type { ChaosResult, Figures } from '../run.ts'
import { sparkline } from './pace.ts'

const COLUMNS = 60
const MIB = 2 ** 20

/** What will happen, before it does. */
export function formatSchedule(plan: ChaosPlan, schedule: readonly ScheduledFault[]): string {
  return [
    `${titleOf(plan)}: ${schedule.length} faults`,
    ...schedule.map(
      ({ atMs, lastMs, lane, name, what }) =>
        `${seconds(atMs)} + ${seconds(lastMs)}  ${lane.padEnd(9)}  ${name}${what === name ? '' : `: ${what}`}`,
    ),
    '',
  ].join('\n')
}

/** The whole run on a page: what happened when, what came of it, and what each check says. */
export function formatReport({ plan, happenings, verdicts, figures, folder }: ChaosResult): string {
  const endMs = Math.max(1, figures.pace.length * 1_000, ...happenings.map((happening) => happening.endMs))
  const failed = verdicts.filter(({ ok }) => !ok)
  const undone = happenings.filter((happening) => happening.failed !== undefined)
  const missing = shortcomings({ happenings, figures })
  return [
    titleOf(plan),
    '',
    ...timeline(happenings, figures, endMs),
    '',
    ...figureLines(figures),
    '',
    ...verdicts.flatMap(verdictLines),
    '',
    ...undone.map(({ what, failed: why }) => `could not be done: ${what}: ${why}`),
    ...guaranteeLines(verdicts),
    '',
    ...missing.map((what) => `INCOMPLETE: ${what}`),
    failed.length === 0
      ? `${missing.length === 0 ? 'PASSED' : 'NOTHING FAILED'}: ${verdicts.length} checks, ${happenings.length} faults`
      : `FAILED: ${failed.map(({ name }) => name).join('; ')}`,
    ...(failed.length === 0 ? [] : [`again: npm run chaos -- ${argumentsOf(plan)}`]),
    ...(folder === undefined ? [] : [`logs and data: ${folder}`]),
    '',
  ].join('\n')
}

/** Without these a run proves nothing, however well it went. */
export function shortcomings({ happenings, figures }: Pick<ChaosResult, 'happenings' | 'figures'>): string[] {
  const done = happenings.filter(({ failed }) => failed === undefined).length
  const acknowledged = Object.values(figures.acknowledged).reduce((sum, count) => sum + count, 0)
  return [
    ...(done === 0 || done < happenings.length / 2
      ? [`${done} of ${happenings.length} faults could be done`]
      : []),
    ...(acknowledged === 0 ? ['Kafka acknowledged no record'] : []),
    ...(figures.reads === 0 ? ['nobody could read'] : []),
    ...(figures.looks === 0 ? ['nobody could look at offsets'] : []),
  ]
}

/** By what a check stands for: all that was judged of it held, or not. */
function guaranteeLines(verdicts: readonly Verdict[]): string[] {
  const groups = [...Map.groupBy(verdicts, ({ guarantee }) => guarantee)]
  return groups.map(([guarantee, judged]) => {
    const broken = judged.filter(({ ok }) => !ok).length
    const checks = judged.length === 1 ? '1 check' : `${judged.length} checks`
    return `${guarantee.padEnd(8)} ${broken === 0 ? 'held' : `broken in ${broken}`}: ${checks}`
  })
}

function titleOf({ seed, minutes, instances, brokers, rate }: ChaosPlan): string {
  const brokersText = brokers === 1 ? '1 broker' : `${brokers} brokers`
  const instancesText = instances === 1 ? '1 instance' : `${instances} instances`
  return `chaos, seed ${seed}: ${minutes} min, ${instancesText}, ${brokersText}, ${rate} records/s`
}

function argumentsOf({ seed, minutes, instances, brokers, rate, faults }: ChaosPlan): string {
  const only = faults.length < FAULTS.length ? ` --only "${faults.join(',')}"` : ''
  return (
    `--seed "${seed}" --minutes ${minutes} --instances ${instances} --brokers ${brokers} --rate ${rate}` +
    only
  )
}

function timeline(happenings: readonly Happening[], { pace }: Figures, endMs: number): string[] {
  const fastest = Math.max(0, ...pace.map(({ perSecond }) => perSecond))
  const column = (ms: number): number => Math.min(COLUMNS - 1, Math.floor((ms / endMs) * COLUMNS))
  const line = sparkline(pace, COLUMNS).padEnd(COLUMNS)
  return [
    `|${line}| records settled, at most ${Math.round(fastest)}/s; ${Math.round(endMs / 1000)} s from left to right`,
    ...happenings.map(({ atMs, endMs: overMs, what, told, failed }) => {
      const [from, to] = [column(atMs), column(overMs)]
      const bar = `${' '.repeat(from)}${'■'.repeat(to - from + 1)}`.padEnd(COLUMNS)
      const note = failed ?? told
      return `|${bar}| ${seconds(atMs)} to ${seconds(overMs)}  ${what}${note === undefined ? '' : ` (${note})`}`
    }),
  ]
}

function figureLines(figures: Figures): string[] {
  const { acknowledged, stored, deadLetters, retried, lives, reads, looks, resets, settledAfterMs } = figures
  const kinds = Object.entries(acknowledged)
  const total = kinds.reduce((sum, [, count]) => sum + count, 0)
  return [
    `acknowledged ${total}: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
    `ended as ${stored} orders and ${deadLetters} dead letters; ${retried} times something was sent to retry`,
    settledAfterMs === undefined
      ? 'not everything was settled in time after the last fault'
      : `everything was settled ${(settledAfterMs / 1000).toFixed(1)} s after the last fault`,
    `${lives} lives of instances, at most ${Math.round(figures.peakResidentBytes / MIB)} MiB; ` +
      `${reads} reads and ${looks} looks at offsets judged; ${resets} times something was set back`,
  ]
}

function verdictLines({ guarantee, name, ok, findings, count }: Verdict): string[] {
  if (ok) return [`ok      ${guarantee.padEnd(8)} ${name}`]
  return [
    `BROKEN  ${guarantee.padEnd(8)} ${name}`,
    ...findings.map((finding) => `          ${finding}`),
    ...(count > findings.length ? [`          and ${count - findings.length} more`] : []),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`
}
