import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { accountGap } from '../../src/pipeline/ledger.ts'

const CASES: ReadonlyArray<{
  readonly says: string
  readonly gap: readonly [from: number, first: number, logStart: number]
  readonly expired: number
  readonly absent: number
}> = [
  { says: 'no gap', gap: [5, 5, 0], expired: 0, absent: 0 },
  { says: 'a log that starts before the gap: nothing was deleted', gap: [5, 8, 5], expired: 0, absent: 3 },
  { says: 'a log that starts where the record is: all were deleted', gap: [5, 8, 8], expired: 3, absent: 0 },
  { says: 'a log that starts in the gap', gap: [5, 9, 7], expired: 2, absent: 2 },
  { says: 'a log that starts behind the record by now', gap: [5, 8, 20], expired: 3, absent: 0 },
  { says: 'a log that starts behind the record, without a gap', gap: [5, 5, 20], expired: 0, absent: 0 },
]

for (const { says, gap, expired, absent } of CASES) {
  test(`a gap is counted as expired below the log's start, else as absent: ${says}`, () => {
    assert.deepEqual(accountGap(...gap), { expired, absent })
  })
}

test('every offset of a gap is counted once, wherever the log starts', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(3_000), (from, size, logStart) => {
      const { expired, absent } = accountGap(from, from + size, logStart)
      assert.ok(expired >= 0 && absent >= 0)
      assert.equal(expired + absent, size)
    }),
  )
})
