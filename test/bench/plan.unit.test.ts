import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FULL, measurementsOf, readScenarios, SCENARIOS } from '../../bench/plan.ts'

test('scenarios are measured in one order, however they are named', () => {
  assert.deepEqual(readScenarios('scale, drain'), ['drain', 'scale'])
  assert.deepEqual(readScenarios(SCENARIOS.toReversed().join(',')), SCENARIOS)
})

test('a scenario that does not exist is refused with those that do', () => {
  assert.throws(() => readScenarios('drain,drian'), /drain, latency, .*scale/)
  assert.throws(() => readScenarios(''))
})

test('what is compared is measured at least five times', () => {
  assert.ok(FULL.rounds >= 5)
})

test('how much there is to measure grows with scenarios and rounds', () => {
  assert.equal(measurementsOf({ ...FULL, rounds: 3, only: ['drain', 'backlog'] }), 15)
})
