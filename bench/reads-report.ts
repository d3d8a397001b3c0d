import type { HttpLoad } from './http-load.ts'
import type { Machine } from './machine.ts'
import type { DrainWithReads, WarmUp } from './read-cases.ts'
import { ratioOf, spreadOf } from './statistics.ts'

export interface ReadsResult {
  readonly finishedAt: string
  readonly machine: Machine
  readonly orders: number
  readonly warm: WarmUp
  readonly drains: Readonly<Record<'nobody' | 'event streams' | 'slowloris', readonly DrainWithReads[]>>
}

/** The figures for people. */
export function formatReads({ machine, orders, warm, drains }: ReadsResult): string {
  const { nobody } = drains
  return [
    `${machine.cores} × ${machine.cpu}; load before ${machine.loadBefore.toFixed(2)}; Node ${machine.node}, PostgreSQL ${machine.postgres}`,
    `${orders} orders; 50 connections, no pipelining; medians of ${nobody.length} rounds in turns`,
    '',
    ...formatWarm(warm),
    '',
    `while draining ${median(nobody.map(({ perSecond }) => perSecond)).toFixed(0)} orders/s, ${lookupsOf(nobody)}`,
    besideLine('1,000 idle event streams', drains['event streams'], nobody),
    besideLine('2,000 slowloris sockets', drains.slowloris, nobody),
    '',
  ].join('\n')
}

/** Reads of a service that is warm, and how it became so. */
export function formatWarm(warm: WarmUp): string[] {
  const bare = warm.rounds.map((round) => round.bare)
  const cached = warm.rounds.map((round) => round.cached)
  const unchanged = warm.rounds.map((round) => round.unchanged)
  return [
    ratesLine('bare node:http', bare),
    ratesLine('an order in memory', cached),
    ratesLine('the same, unchanged (304)', unchanged),
    ratesLine('with the cache off', [warm.uncached]),
    `in memory / bare: rate ${ratio(cached, bare, rateOf)}, p99 ${ratio(cached, bare, p99Of)}; 304 / in memory: rate ${ratio(unchanged, cached, rateOf)}`,
    `warm-up: ${warm.orders} orders in ${warm.seconds.toFixed(2)} s after the first answer`,
    `first answer after ${warm.firstAnswerMs.toFixed(0)} ms with these orders, ${warm.firstAnswerEmptyMs.toFixed(0)} ms with none`,
  ]
}

function besideLine(
  who: string,
  drains: readonly DrainWithReads[],
  nobody: readonly DrainWithReads[],
): string {
  const rate = ({ perSecond }: DrainWithReads): number => perSecond
  const p50 = ({ lookups }: DrainWithReads): number => lookups.p50Ms
  return `beside ${who}: ingestion ${ratio(drains, nobody, rate)}, p50 of lookups ${ratio(drains, nobody, p50)} times; ${lookupsOf(drains)}`
}

function lookupsOf(drains: readonly DrainWithReads[]): string {
  const p50 = median(drains.map(({ lookups }) => lookups.p50Ms))
  const p99 = median(drains.map(({ lookups }) => lookups.p99Ms))
  return `lookups p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
}

function ratesLine(name: string, loads: readonly HttpLoad[]): string {
  const { median: rate, min, max } = spreadOf(loads.map(rateOf))
  const p99 = median(loads.map(p99Of))
  return `${name.padEnd(26)} ${rate.toFixed(0).padStart(7)} /s (${min.toFixed(0)}–${max.toFixed(0)}), p99 ${p99.toFixed(2)} ms`
}

function rateOf({ perSecond }: HttpLoad): number {
  return perSecond
}

function p99Of({ p99Ms }: HttpLoad): number {
  return p99Ms
}

/** Of the medians, and of the pairs by round. */
function ratio<T>(a: readonly T[], b: readonly T[], valueOf: (one: T) => number): string {
  const { ofMedians, pairs } = ratioOf(a.map(valueOf), b.map(valueOf))
  return `${ofMedians.toFixed(2)} (${pairs.map((pair) => pair.toFixed(2)).join(', ')})`
}

function median(values: readonly number[]): number {
  return spreadOf(values).median
}
