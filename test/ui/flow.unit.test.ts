import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { append, EMPTY_HISTORY, ratesNow, recordsRead, type History } from '../../ui/flow/history.ts'
import { channelWidth, waterLevel } from '../../ui/flow/journey-layout.ts'
import { latencyBetween } from '../../ui/flow/latency.ts'
import { areaPath, highest, linePath, niceTop, runs, type Frame } from '../../ui/flow/plot-geometry.ts'
import { after, firstSample } from './made-up-flow.ts'

describe('the history of the flow', () => {
  const first = firstSample()
  const of = (...samples: (typeof first)[]): History => samples.reduce(append, EMPTY_HISTORY)

  it('has what was counted from one second to the next', () => {
    const history = of(first, after(first, { stored: 1_200, duplicates: 12, dead_lettered: 3 }))
    const { rates } = history.moments.at(-1) ?? {}
    assert.deepEqual(
      [rates?.stored, rates?.duplicates, rates?.dead_lettered, rates?.read],
      [1_200, 12, 3, 1_215],
    )
    assert.equal(recordsRead(first.counters), 1_204_331 + 12_840 + 31 + 612)
  })

  it('divides by the time that has really passed', () => {
    const late = {
      ...after(first, { stored: 1_000 }),
      at: new Date(Date.parse(first.at) + 4_000).toISOString(),
    }
    assert.equal(ratesNow(of(first, late)).stored, 250)
  })

  it('has a hole, and no rate below zero, where an instance began anew, another one answers, or a clock was set', () => {
    const restarted = after(first, { stored: -1_000_000 })
    assert.equal(of(first, restarted).moments.at(-1)?.rates, undefined)
    const other = after(first, { stored: 50 }, { instance: 'sluice-2' })
    assert.equal(of(first, other).moments.at(-1)?.rates, undefined)
    assert.equal(ratesNow(of(first, other)).stored, 0)
    const setBack = { ...first, at: new Date(Date.parse(first.at) - 60_000).toISOString() }
    assert.deepEqual(of(first, setBack).moments, [
      { atMs: Date.parse(setBack.at), rates: undefined, latency: undefined },
    ])
  })

  it('takes no sample twice and none that comes late', () => {
    const second = after(first, { stored: 10 })
    assert.deepEqual(of(first, second, second, first), of(first, second))
  })

  it('shows the mean of three seconds, and forgets after an hour', () => {
    let sample = first
    let history = of(first)
    for (let second = 0; second < 4_000; second++) {
      sample = after(sample, { stored: second < 3_998 ? 10 : 40 })
      history = append(history, sample)
    }
    assert.equal(ratesNow(history).stored, 30)
    assert.equal(history.moments.length, 3_600)
  })
})

describe('how long orders took', () => {
  const buckets = (...counts: number[]) =>
    counts.map((count, at) => ({ seconds: [0.01, 0.05, 0.25, null][at] ?? null, count }))
  const NONE = buckets(0, 0, 0, 0)

  const inMs = (...samples: Parameters<typeof latencyBetween>) => {
    const latency = latencyBetween(...samples)
    return (
      latency &&
      [latency.median, latency.most].map(
        ({ seconds, beyond }) => `${beyond ? 'over ' : ''}${Math.round(seconds * 10_000) / 10}`,
      )
    )
  }

  it('is that of the orders between two samples, spread evenly within a bucket', () => {
    const before = buckets(1_000, 1_000, 1_000, 1_000)
    assert.deepEqual(inMs(before, buckets(1_000, 1_100, 1_100, 1_100)), ['30', '49.6'])
    assert.deepEqual(inMs(NONE, buckets(98, 98, 100, 100)), ['5.1', '150'])
  })

  it('is beyond the last bound for what took longer than that, and nobody says how long', () => {
    assert.deepEqual(inMs(NONE, buckets(0, 0, 0, 7)), ['over 250', 'over 250'])
    assert.deepEqual(inMs(NONE, buckets(0, 0, 90, 100)), ['161.1', 'over 250'])
  })

  it('is not known when nothing was stored, or the counts are those of another start', () => {
    assert.equal(latencyBetween(NONE, NONE), undefined)
    assert.equal(latencyBetween(buckets(5, 5, 5, 5), buckets(1, 1, 1, 9)), undefined)
    assert.equal(latencyBetween([], buckets(1, 1, 1, 1)), undefined)
  })

  it('is part of the history', () => {
    const first = firstSample()
    const { latency } =
      [first, after(first, { stored: 1_000 })].reduce(append, EMPTY_HISTORY).moments.at(-1) ?? {}
    assert.ok(latency && latency.median.seconds <= 0.01 && latency.most.seconds > 0.05)
  })
})

describe('the plot', () => {
  const frame: Frame = { width: 100, height: 50, spanMs: 10_000, endMs: 20_000, top: 10 }
  const moment = (atMs: number, value: number | undefined) => ({ atMs, value })

  it('ends at a number one can read', () => {
    assert.deepEqual([0, 0.4, 1, 1.2, 3, 870, 1_001].map(niceTop), [1, 1, 1, 2, 5, 1_000, 2_000])
  })

  it('parts the line where nothing is known, and leaves out what is too old', () => {
    const moments = [
      moment(9_000, 5),
      moment(11_000, 5),
      moment(12_000, 10),
      moment(13_000, undefined),
      moment(14_000, 0),
      moment(19_000, 2),
      moment(20_000, 4),
    ]
    assert.deepEqual(runs(moments, frame), [
      [
        [10, 25],
        [20, 0],
      ],
      [[40, 50]],
      [
        [90, 40],
        [100, 30],
      ],
    ])
    assert.equal(highest(moments, 13_000), 4)
  })

  it('closes the water at the floor', () => {
    const run = [
      [10, 25],
      [20, 0],
    ] as const
    assert.equal(linePath(run), 'M10.0 25.0L20.0 0.0')
    assert.equal(areaPath(run, 50), 'M10.0 25.0L20.0 0.0L20.0 50L10.0 50Z')
    assert.equal(areaPath([], 50), '')
  })

  it('has a dot where one second alone is known', () => {
    assert.equal(linePath([[10, 25]]), 'M10.0 25.0h0')
  })
})

describe('the picture', () => {
  it('shows a trickle beside a flood: no flow has no width, the least can be seen, the most has its place', () => {
    assert.equal(channelWidth(0), 0)
    assert.ok(channelWidth(0.1) >= 3)
    assert.ok(channelWidth(1) < channelWidth(10) && channelWidth(10) < channelWidth(1_000))
    assert.equal(channelWidth(1e9), 32)
  })

  it('fills the reservoir with what waits, up to its brim', () => {
    assert.equal(waterLevel(0), 0)
    assert.ok(waterLevel(1) > 0.05)
    assert.ok(waterLevel(1_000) < waterLevel(100_000))
    assert.equal(waterLevel(1e12), 1)
  })
})
