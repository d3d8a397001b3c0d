import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifyError } from '../../src/pipeline/classify.ts'
import type { Failure } from '../../src/pipeline/failure.ts'
import { route } from '../../src/pipeline/route.ts'

const POLICY = { maxRetries: 3, baseMs: 1_000, capMs: 5_000 }
const NOW = 1_800_000_000_000

function failureOf(code: string): Failure {
  return classifyError(Object.assign(new Error('x'), { code }))
}

test('a permanent failure is dead-lettered on the first attempt, and on every other', () => {
  for (const retry of [0, 2, 99]) {
    const disposition = route(failureOf('23514'), retry, POLICY, NOW, Math.random)
    assert.equal(disposition.type, 'dead_letter')
    assert.deepEqual(disposition.type === 'dead_letter' && disposition.failure.type, 'rejected_by_database')
  }
})

test('a transient failure is tried again after exponential backoff with full jitter, up to the cap', () => {
  const waits = [0, 1, 2].map((retry) =>
    [0, 0.5, 1].map((chance) => {
      const disposition = route(failureOf('40001'), retry, POLICY, NOW, () => chance)
      assert.equal(disposition.type, 'retry')
      return disposition.type === 'retry' ? disposition.notBeforeMs - NOW : NaN
    }),
  )
  assert.deepEqual(waits, [
    [0, 500, 1_000],
    [0, 1_000, 2_000],
    [0, 2_000, 4_000],
  ])
  const last = route(failureOf('40001'), 9, { ...POLICY, maxRetries: 10 }, NOW, () => 1)
  assert.deepEqual(last.type === 'retry' && last.notBeforeMs - NOW, 5_000)
})

test('a transient failure on the last attempt is dead-lettered, with its cause and how many there were', () => {
  for (const retry of [3, 4]) {
    const disposition = route(failureOf('55P03'), retry, POLICY, NOW, Math.random)
    assert.ok(disposition.type === 'dead_letter')
    assert.equal(disposition.failure.type, 'retries_exhausted')
    assert.equal(
      disposition.failure.message,
      `all of ${retry + 1} attempts failed; the last one as timeout: 55P03: a lock was not free in time`,
    )
  }
})

test('without retries, the only attempt is the last', () => {
  const disposition = route(failureOf('40001'), 0, { ...POLICY, maxRetries: 0 }, NOW, Math.random)
  assert.ok(disposition.type === 'dead_letter')
  assert.match(disposition.failure.message, /^the only attempt failed/)
})

test('an outage and systemic trouble spend nothing and dead-letter nothing, whatever the attempt', () => {
  for (const [code, reason] of [
    ['ECONNREFUSED', 'database_unreachable'],
    ['PLT_KFK_NETWORK', 'broker_unreachable'],
    ['42703', 'schema_mismatch'],
    ['28P01', 'access_denied'],
    ['XX000', 'database_refuses'],
  ] as const) {
    const disposition = route(failureOf(code), 99, POLICY, NOW, Math.random)
    assert.deepEqual([disposition.type, disposition.type === 'hold' && disposition.reason], ['hold', reason])
  }
})
