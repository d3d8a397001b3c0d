import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntilSettled, type Motion } from '../../src/audit/settle.ts'

function settle(look: () => Promise<Motion>, report: (lag: number) => void = () => {}): Promise<boolean> {
  return waitUntilSettled(look, { timeoutMs: 50, lookEveryMs: 1, report })
}

function looks(...motions: readonly Motion[]): { look: () => Promise<Motion>; count: () => number } {
  let count = 0
  return {
    look: async () => motions[Math.min(count++, motions.length - 1)] ?? { lag: 0, mark: '' },
    count: () => count,
  }
}

test('one look without a lag is not enough', async () => {
  const { look, count } = looks({ lag: 0, mark: 'a' })
  assert.equal(await settle(look), true)
  assert.equal(count(), 2)
})

test('as long as the books move, it is not settled', async () => {
  const { look, count } = looks({ lag: 0, mark: 'a' }, { lag: 0, mark: 'b' }, { lag: 0, mark: 'b' })
  assert.equal(await settle(look), true)
  assert.equal(count(), 3)
})

test('a lag that stays ends the waiting in time, and is reported', async () => {
  const reported: number[] = []
  const { look } = looks({ lag: 7, mark: 'a' })
  assert.equal(await settle(look, (lag) => reported.push(lag)), false)
  assert.deepEqual([...new Set(reported)], [7])
})
