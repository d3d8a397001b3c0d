import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Drain } from '../../bench/drain.ts'
import { backlogSection } from '../../bench/report/backlog.ts'
import { drainSection } from '../../bench/report/drain.ts'
import { latencySection } from '../../bench/report/latency.ts'
import { poisonSection } from '../../bench/report/poison.ts'
import type { Section } from '../../bench/report/section.ts'

/** One drain for each rate, and for each peak of memory where there are any. */
function drains(rates: readonly number[], more: Partial<Drain> = {}): Drain[] {
  return rates.map((perSecond) => ({ orders: 1, seconds: 1, perSecond, ...more }))
}

function drainTargets(rates: {
  readonly ceiling: number
  readonly ours: number
  readonly habit: number
  readonly cpu?: number
}): string[] {
  const ours = drains([rates.ours], rates.cpu === undefined ? {} : { cpuMicrosPerOrder: rates.cpu })
  const section = drainSection({
    orders: 1,
    bytesPerOrder: 1_000,
    partitions: 4,
    copyBatch: 2_000,
    habitOrders: 1,
    cases: [
      { name: 'ceiling', rounds: drains([rates.ceiling]) },
      { name: 'ours', rounds: ours },
      { name: 'habit', rounds: drains([rates.habit]) },
      { name: 'habit, writes alone', rounds: drains([rates.habit]) },
    ],
  })
  return verdicts(section)
}

function verdicts({ targets }: Section): string[] {
  return targets.map(({ verdict }) => verdict)
}

test('a drain is judged by its share of the ceiling, its rate, the habit, and its processor time', () => {
  assert.deepEqual(drainTargets({ ceiling: 40_000, ours: 26_000, habit: 650, cpu: 25 }), [
    'met',
    'met',
    'met',
    'met',
  ])
  assert.deepEqual(drainTargets({ ceiling: 40_000, ours: 24_900, habit: 623, cpu: 25.1 }), [
    'missed',
    'missed',
    'missed',
    'missed',
  ])
})

test('a rate that is asked for where the ceiling is high is not judged below a lower one', () => {
  assert.equal(drainTargets({ ceiling: 39_000, ours: 26_000, habit: 500 })[1], 'does not apply')
})

test('processor time that the system does not tell is not judged', () => {
  assert.equal(drainTargets({ ceiling: 40_000, ours: 26_000, habit: 500 })[3], 'not measured')
})

test('poison is judged by the medians of both', () => {
  const judged = (poisoned: readonly number[]): string[] =>
    verdicts(
      poisonSection({
        records: 1,
        invalidShare: 0.01,
        cases: [
          { name: 'clean', rounds: drains([100, 100, 100]) },
          { name: 'poisoned', rounds: drains(poisoned) },
        ],
      }),
    )
  assert.deepEqual(judged([50, 95, 99]), ['met'])
  assert.deepEqual(judged([200, 94, 94]), ['missed'])
})

test('latency is judged by the median of p99 at 2,000 orders/s, whatever it is at other rates', () => {
  const judged = (p99s: readonly number[]): string[] => {
    const of = (p99Ms: number) => ({ orders: 1, p50Ms: 1, p90Ms: 2, p99Ms, maxMs: 900 })
    return verdicts(
      latencySection({
        seconds: 10,
        cases: [
          { name: 'slow', ordersPerSecond: 500, rounds: [of(800)] },
          { name: 'fast', ordersPerSecond: 2_000, rounds: p99s.map(of) },
        ],
      }),
    )
  }
  assert.deepEqual(judged([20, 100, 300]), ['met'])
  assert.deepEqual(judged([20, 100.1, 300]), ['missed'])
})

test('memory is judged by the highest peak of all rounds, and only at a million', () => {
  const judged = (orders: number, peaks: readonly number[]): string[] => {
    const rounds = peaks.flatMap((peak) =>
      drains([1], { peakResidentBytes: peak, resident: [{ share: 1, bytes: peak }] }),
    )
    return verdicts(backlogSection({ orders, cacheMb: 16, cases: [{ name: 'backlog', rounds }] }))
  }
  assert.deepEqual(judged(1_000_000, [200e6, 250e6]), ['met'])
  assert.deepEqual(judged(1_000_000, [200e6, 200e6, 251e6]), ['missed'])
  assert.deepEqual(judged(150_000, [200e6]), ['does not apply'])
})
