import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { play, schedules, told } from './schedules.ts'
import { ordersInstances } from './simulated-instance.ts'

/** PROTOCOL_RUNS=100000 for a long look, PROTOCOL_SEED=… for the same one again. */
const RUNS = Number(process.env['PROTOCOL_RUNS'] ?? 500)
const SEED = Number(process.env['PROTOCOL_SEED'] ?? Date.now() % 2 ** 31)
const RUNS_TO_CATCH_A_BUG = 5_000

test('whatever crashes, moves, is restored, cut, deleted or lost on the way, every record is accounted for', async (context: TestContext) => {
  context.diagnostic(`PROTOCOL_SEED=${SEED} PROTOCOL_RUNS=${RUNS}`)
  const property = fc.asyncProperty(schedules(), async (schedule) => {
    const problems = await play(schedule, ordersInstances())
    assert.equal(problems.length, 0, told(schedule, problems))
  })
  await fc.assert(property, { numRuns: RUNS, seed: SEED })
})

for (const { name, needs, plant } of PLANTED_BUGS) {
  test(`random schedules notice this bug: ${name}`, async (context: TestContext) => {
    const property = fc.asyncProperty(schedules(needs), async (schedule) => {
      const problems = await play(schedule, ordersInstances(plant))
      assert.equal(problems.length, 0, problems[0])
    })
    const { failed, numRuns, errorInstance } = await fc.check(property, {
      numRuns: RUNS_TO_CATCH_A_BUG,
      seed: SEED,
      endOnFailure: true,
    })
    const cause = errorInstance instanceof Error ? errorInstance.message : ''
    context.diagnostic(`schedule ${numRuns} of seed ${SEED}: ${cause}`)
    assert.ok(failed)
  })
}
