import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchForFloods } from '../../src/pipeline/flood.ts'

function answers(refused: number, passed: number, reason = 'a check'): (string | undefined)[] {
  return [...Array<string>(refused).fill(reason), ...Array<undefined>(passed).fill(undefined)]
}

test('more than half of fifty consecutive records refused for one reason is a flood', () => {
  assert.equal(watchForFloods()([...answers(0, 24), ...answers(26, 0)]), 'a check')
  assert.equal(watchForFloods()([...answers(0, 25), ...answers(25, 0)]), undefined)
})

test('fewer than fifty records are no flood, however many fail', () => {
  assert.equal(watchForFloods()(answers(49, 0)), undefined)
})

test('a flood is seen over batches of any size, also of one record', () => {
  const watch = watchForFloods()
  const told = Array.from({ length: 100 }, () => watch(answers(1, 0)))
  assert.deepEqual(
    told.flatMap((reason, at) => (reason === undefined ? [] : [at])),
    [49, 99],
  )
})

test('many reasons that share the failures are no flood of one', () => {
  const mixed = Array.from({ length: 200 }, (_, n) => `reason ${n % 2}`)
  assert.equal(watchForFloods()(mixed), undefined)
})

test('what lies further back than fifty records is forgotten', () => {
  const watch = watchForFloods()
  watch(answers(25, 0))
  watch(answers(0, 50))
  assert.equal(watch(answers(25, 0)), undefined)
  assert.equal(watch(answers(1, 0)), 'a check')
})
