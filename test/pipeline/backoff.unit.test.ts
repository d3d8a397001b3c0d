import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { backoffMs } from '../../src/pipeline/backoff.ts'

const longest = (attempt: number) => backoffMs(attempt, 1_000, 300_000, () => 1)

test('the longest pause doubles with each attempt, from the base up to the cap', () => {
  assert.deepEqual([1, 2, 3, 4].map(longest), [1_000, 2_000, 4_000, 8_000])
  assert.deepEqual([9, 10, 100, 10_000].map(longest), [256_000, 300_000, 300_000, 300_000])
})

test('a pause is anything between nothing and the longest one', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), share, (attempt, random) => {
      const pauseMs = backoffMs(attempt, 250, 5_000, () => random)
      assert.ok(Number.isInteger(pauseMs) && pauseMs >= 0 && pauseMs <= Math.min(5_000, longest(attempt)))
    }),
  )
  assert.equal(
    backoffMs(3, 1_000, 300_000, () => 0),
    0,
  )
  assert.equal(
    backoffMs(3, 1_000, 300_000, () => 0.5),
    2_000,
  )
})
