import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentile, ratioOf, spreadOf } from '../../bench/statistics.ts'

test('the median of an odd number of values is the middle one, in whatever order they came', () => {
  assert.deepEqual(spreadOf([30, 9, 100]), { median: 30, min: 9, max: 100 })
})

test('the median of an even number of values is between the two in the middle', () => {
  assert.deepEqual(spreadOf([4, 1, 2, 8]), { median: 3, min: 1, max: 8 })
})

test('one value is its own median, minimum and maximum', () => {
  assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 })
})

test('a percentile is a value that was measured, which that share of all does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(hundred, 0.5), 50)
  assert.equal(percentile(hundred, 0.99), 99)
  assert.equal(percentile(hundred, 1), 100)
  assert.equal(percentile(hundred, 0), 1)
  assert.equal(percentile([1, 2, 3], 0.99), 3)
})

test('a ratio is of the medians, and of what was measured in the same round', () => {
  assert.deepEqual(ratioOf([10, 40, 30], [20, 40, 100]), { ofMedians: 0.75, pairs: [0.5, 1, 0.3] })
})

test('rounds without a counterpart are refused', () => {
  assert.throws(() => ratioOf([1, 2], [1]), RangeError)
})

test('no values give no figure', () => {
  assert.throws(() => spreadOf([]), RangeError)
  assert.throws(() => percentile([], 0.5), RangeError)
})

test('what is measured is left in its order', () => {
  const values = [3, 1, 2]
  spreadOf(values)
  percentile(values, 0.5)
  assert.deepEqual(values, [3, 1, 2])
})
