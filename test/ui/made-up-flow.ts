import type { Counters, FlowSample, Partition } from '../../ui/api/flow-sample.ts'

const START_MS = Date.now()
const MIB = 1_048_576

/** An instance that has just read a million records and goes on well. */
export function firstSample(): FlowSample {
  return {
    at: new Date(START_MS).toISOString(),
    instance: 'sluice-1',
    version: '0.1.0',
    ready: true,
    counters: {
      stored: 1_204_331,
      duplicates: 12_840,
      retried: 31,
      dead_lettered: 612,
      forwarded: 31,
      archived: 612,
      expired: 0,
    },
    latency: [0.01, 0.05, 0.25, 1, 10, null].map((seconds) => ({ seconds, count: 0 })),
    books: { records: 3_651_204, unaccounted: 0, open_dead_letters: 0, retrying: 0, expired: 0 },
    lag: { records: 0, seconds: 0, headroom_seconds: null },
    partitions: partitions(),
    circuits: { database: 'closed', kafka: 'closed' },
    cache: {
      max_bytes: 128 * MIB,
      bytes: 91 * MIB,
      entries: 58_204,
      hits: 48_210,
      misses: 1_931,
      evictions: 2_040,
      warm_up: { state: 'done', loaded: 58_000 },
    },
    failures: [],
  }
}

/** A second later: so much more was counted. */
export function after(
  sample: FlowSample,
  more: Partial<Counters>,
  changes: Partial<FlowSample> = {},
): FlowSample {
  const counters = { ...sample.counters }
  for (const name of Object.keys(counters) as (keyof Counters)[]) counters[name] += more[name] ?? 0
  // Half within 10 ms, nearly all within 50 ms, a few within a quarter of a second.
  const shares = [0.5, 0.95, 1, 1, 1, 1]
  const stored = more.stored ?? 0
  return {
    ...sample,
    latency: sample.latency.map(({ seconds, count }, at) => ({
      seconds,
      count: count + Math.round(stored * (shares[at] ?? 1)),
    })),
    at: new Date(Date.parse(sample.at) + 1_000).toISOString(),
    counters,
    ...changes,
  }
}

function partitions(): Partition[] {
  return (
    [
      ['orders', 'orders'],
      ['retries', 'orders_retry'],
      ['dead-letters', 'orders_dlq'],
    ] as const
  ).flatMap(([role, topic]) =>
    [0, 1, 2, 3].map((partition) => ({
      role,
      topic,
      partition,
      state: 'flowing',
      reason: null,
      next_offset: role === 'orders' ? 304_412 + partition * 211 : 150 + partition,
      log_end: role === 'orders' ? 304_412 + partition * 211 : 150 + partition,
      lag: 0,
    })),
  )
}
