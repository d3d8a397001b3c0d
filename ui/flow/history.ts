import type { Counters, FlowSample } from '../api/flow-sample.ts'
import { latencyBetween, type Latency } from './latency.ts'

/** Rates of one second, or a hole where the counters began anew. */
export interface Moment {
  readonly atMs: number
  readonly rates: Rates | undefined
  /** Undefined also when nothing was stored. */
  readonly latency: Latency | undefined
}

export type Rates = Readonly<Record<keyof Counters | 'read', number>>

export interface History {
  readonly last: FlowSample | undefined
  readonly moments: readonly Moment[]
}

export const EMPTY_HISTORY: History = { last: undefined, moments: [] }

/** An hour of seconds. */
const MAX_MOMENTS = 3_600

/** A clock that went back by more than this was set; by less, it is a sample that came late. */
const CLOCK_SET_MS = 5_000

/**
 * Adds what became of records since the sample before. Samples that come twice or late change nothing; one of
 * another instance, or of a clock that was set back, begins anew.
 */
export function append(history: History, sample: FlowSample): History {
  const { last } = history
  const atMs = Date.parse(sample.at)
  if (last === undefined) return { last: sample, moments: [{ atMs, rates: undefined, latency: undefined }] }
  const sinceMs = atMs - Date.parse(last.at)
  const isAnother = last.instance !== sample.instance
  if (!isAnother && sinceMs <= 0 && sinceMs > -CLOCK_SET_MS) return history
  const rates = isAnother || sinceMs <= 0 ? undefined : ratesBetween(last, sample, sinceMs / 1_000)
  const latency = rates && latencyBetween(last.latency, sample.latency)
  const before = history.moments.filter((moment) => moment.atMs < atMs)
  return { last: sample, moments: [...before.slice(1 - MAX_MOMENTS), { atMs, rates, latency }] }
}

/** Undefined when a counter fell: the process began anew. */
function ratesBetween(before: FlowSample, after: FlowSample, seconds: number): Rates | undefined {
  const rate = (name: keyof Counters): number => (after.counters[name] - before.counters[name]) / seconds
  const rates = {
    stored: rate('stored'),
    duplicates: rate('duplicates'),
    retried: rate('retried'),
    dead_lettered: rate('dead_lettered'),
    forwarded: rate('forwarded'),
    archived: rate('archived'),
    expired: rate('expired'),
    read: (recordsRead(after.counters) - recordsRead(before.counters)) / seconds,
  }
  return Object.values(rates).some((each) => each < 0) ? undefined : rates
}

/** Records of `orders` that have a place: what the orders role took in. */
export function recordsRead(counters: Counters): number {
  return counters.stored + counters.duplicates + counters.retried + counters.dead_lettered
}

const NO_RATES: Rates = {
  stored: 0,
  duplicates: 0,
  retried: 0,
  dead_lettered: 0,
  forwarded: 0,
  archived: 0,
  expired: 0,
  read: 0,
}

/** The mean of the last few moments: numbers that can be read while they change. */
export function ratesNow({ moments }: History, count = 3): Rates {
  const known = moments.slice(-count).flatMap(({ rates }) => rates ?? [])
  if (known.length === 0) return NO_RATES
  const mean = (name: keyof Rates): number =>
    known.reduce((sum, rates) => sum + rates[name], 0) / known.length
  return {
    stored: mean('stored'),
    duplicates: mean('duplicates'),
    retried: mean('retried'),
    dead_lettered: mean('dead_lettered'),
    forwarded: mean('forwarded'),
    archived: mean('archived'),
    expired: mean('expired'),
    read: mean('read'),
  }
}
