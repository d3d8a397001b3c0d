import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linearAxis, logarithmicAxis } from '../../bench/report/axis.ts'

test('a linear axis goes from 0 to a round number that no value exceeds', () => {
  assert.deepEqual(linearAxis([3, 41_300]).ticks, [0, 10_000, 20_000, 30_000, 40_000, 50_000])
  assert.deepEqual(linearAxis([250]).ticks, [0, 50, 100, 150, 200, 250])
  assert.deepEqual(linearAxis([0.65]).at(0), 0)
})

test('a linear axis ends where its last tick is, and places values in proportion', () => {
  for (const max of [0.03, 1, 7, 99.9, 100, 250, 1e6, 123_456]) {
    const { ticks, at } = linearAxis([max])
    const end = ticks.at(-1) ?? NaN
    assert.ok(end >= max && ticks.length <= 7, `${max}`)
    assert.equal(at(end), 1)
    assert.equal(at(end / 2), 0.5)
  }
})

test('a logarithmic axis goes from one power of ten to another, and each takes the same room', () => {
  const { ticks, at } = logarithmicAxis([480, 26_000])
  assert.deepEqual(ticks, [100, 1_000, 10_000, 100_000])
  assert.deepEqual(
    ticks.map((tick) => Math.round(at(tick) * 3)),
    [0, 1, 2, 3],
  )
  assert.deepEqual(logarithmicAxis([100]).ticks, [100, 1_000])
})

test('what has no place on an axis is refused', () => {
  assert.throws(() => linearAxis([]), RangeError)
  assert.throws(() => linearAxis([0]), RangeError)
  assert.throws(() => linearAxis([NaN]), RangeError)
  assert.throws(() => logarithmicAxis([5, 0]), RangeError)
})
