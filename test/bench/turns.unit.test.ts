import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns, roundsOf } from '../../bench/turns.ts'

const CASES = [{ name: 'a' }, { name: 'b' }]
const running = new AbortController().signal

test('every case is measured once before any is measured a second time', async () => {
  const order: string[] = []
  const lines: string[] = []
  const measured = await inTurns(
    { rounds: 2, done: (line) => lines.push(line), stopping: running },
    CASES,
    async ({ name }, round) => order.push(`${name}${round}`),
    String,
  )
  assert.deepEqual(order, ['a1', 'b1', 'a2', 'b2'])
  assert.deepEqual(roundsOf(measured, 'b'), [2, 4])
  assert.deepEqual(lines[2], 'a, round 2 of 2: 3')
})

test('nothing more is measured once it is to stop', async () => {
  const controller = new AbortController()
  let measured = 0
  const run = inTurns(
    { rounds: 5, done: () => controller.abort(new Error('enough')), stopping: controller.signal },
    CASES,
    async () => ++measured,
    String,
  )
  await assert.rejects(run, /enough/)
  assert.equal(measured, 1)
})

test('a case that was not measured has no figures', () => {
  assert.throws(() => roundsOf([{ name: 'a', rounds: [1] }], 'b'), RangeError)
})
