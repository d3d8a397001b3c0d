import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ByteBudget } from '../../src/pipeline/byte-budget.ts'
import { DueHeap } from '../../src/pipeline/due-heap.ts'
import { waitMs } from '../../src/pipeline/retry-due.ts'
import { WaitingRecords } from '../../src/pipeline/waiting-records.ts'
import { header, recordAt } from './made-up-records.ts'

const CAP_MS = 300_000
const HOUR_MS = 3_600_000
const NOW_MS = 1_700_000_000_000

const WAITS: ReadonlyArray<
  readonly [what: string, notBefore: number | undefined, stamped: number, ms: number]
> = [
  ['nothing is said', undefined, NOW_MS, 0],
  ['its time has passed', NOW_MS - 1, NOW_MS - 5_000, 0],
  ['its time is now', NOW_MS, NOW_MS - 5_000, 0],
  ['it waits its time', NOW_MS + 1_234, NOW_MS, 1_234],
  ['the year 9999', 253_402_300_799_999, NOW_MS, CAP_MS],
  ['the year 9999, stamped a minute ago', 253_402_300_799_999, NOW_MS - 60_000, CAP_MS - 60_000],
  ['the year 9999, stamped in that year too', 253_402_300_799_999, 253_402_300_799_000, CAP_MS],
  ['the year 1970', 0, 0, 0],
  ['our clock went back an hour since it was written', NOW_MS + HOUR_MS + 2_000, NOW_MS + HOUR_MS, CAP_MS],
  ['our clock went ahead an hour since it was written', NOW_MS - HOUR_MS + 2_000, NOW_MS - HOUR_MS, 0],
]

for (const [what, notBeforeMs, timestampMs, expected] of WAITS) {
  test(`how long a record waits: ${what}`, () => {
    assert.equal(waitMs(notBeforeMs, timestampMs, NOW_MS, CAP_MS), expected)
  })
}

test('no wait is negative or above the cap, whatever anybody wrote', () => {
  const any = fc.integer({ min: 0, max: 999_999_999_999_999 })
  fc.assert(
    fc.property(fc.option(any, { nil: undefined }), any, any, (notBeforeMs, timestampMs, nowMs) => {
      const ms = waitMs(notBeforeMs, timestampMs, nowMs, CAP_MS)
      assert.ok(ms >= 0 && ms <= CAP_MS)
    }),
  )
})

test('a heap gives what is due first, and of what is due together what came first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5)), (dues) => {
      const heap = new DueHeap<{ dueMs: number; offset: number }>()
      const items = dues.map((dueMs, offset) => ({ dueMs, offset }))
      for (const item of items) heap.push(item)
      const out = items.map(() => heap.pop())
      assert.deepEqual(
        out,
        items.toSorted((a, b) => a.dueMs - b.dueMs || a.offset - b.offset),
      )
      assert.equal(heap.pop(), undefined)
    }),
  )
})

function offsets(records: readonly { readonly offset: number }[]): number[] {
  return records.map(({ offset }) => offset)
}

test('what is due comes out in the order of its time, and nothing comes out before its time', () => {
  const waiting = new WaitingRecords(new ByteBudget(1_000_000), 100)
  for (const [offset, dueMs] of [30, 10, 20, 10].entries()) waiting.add(recordAt(offset), dueMs, 0)
  assert.deepEqual(waiting.takeDue(9, 10, 1_000_000), [])
  assert.equal(waiting.nextDueMs, 10)
  assert.deepEqual(offsets(waiting.takeDue(20, 10, 1_000_000)), [1, 3, 2])
  assert.deepEqual(offsets(waiting.takeDue(30, 10, 1_000_000)), [0])
  assert.deepEqual(waiting.figures, { records: 0, bytes: 0, notHeld: 0 })
})

test('what is taken together is limited in number and in bytes, but is at least one', () => {
  const waiting = new WaitingRecords(new ByteBudget(1_000_000), 100)
  for (let offset = 0; offset < 5; offset++) waiting.add(recordAt(offset), 0, 0)
  assert.deepEqual(offsets(waiting.takeDue(0, 2, 1_000)), [0, 1])
  assert.deepEqual(offsets(waiting.takeDue(0, 10, 250)), [2, 3])
  assert.deepEqual(offsets(waiting.takeDue(0, 10, 1)), [4])
})

test('when memory is full, what is due still goes through, and what did not fit is asked for when it is due', () => {
  const budget = new ByteBudget(250)
  const waiting = new WaitingRecords(budget, 100)
  for (let offset = 0; offset < 4; offset++) waiting.add(recordAt(offset), 1_000 + offset, 0)
  assert.deepEqual(waiting.figures, { records: 4, bytes: 200, notHeld: 2 })
  waiting.add(recordAt(4), 0, 0)
  assert.deepEqual(offsets(waiting.takeDue(0, 10, 1_000)), [4])
  assert.equal(budget.usedBytes, 200)

  assert.equal(waiting.lowestLate(0), undefined)
  assert.deepEqual(offsets(waiting.takeDue(2_000, 1, 1_000)), [0])
  assert.equal(waiting.lowestLate(0), 2)
  assert.equal(waiting.lowestLate(3), 3)
  // It is read again from there: a record that is held already, one that is late, and one that is not known.
  for (const offset of [1, 2, 3, 9]) waiting.supply(recordAt(offset))
  assert.equal(waiting.lowestLate(0), undefined)
  assert.deepEqual(offsets(waiting.takeDue(2_000, 10, 1_000)), [1, 2, 3])
  assert.deepEqual(waiting.figures, { records: 0, bytes: 0, notHeld: 0 })
  assert.equal(budget.usedBytes, 0)
})

test('beyond the budget nothing more is to be read, as long as something is due that makes room', () => {
  const budget = new ByteBudget(250)
  const waiting = new WaitingRecords(budget, 100)
  for (let offset = 0; offset < 2; offset++) waiting.add(recordAt(offset), 1_000, 0)
  assert.equal(waiting.isOverfull(0), false, 'it fits')
  const other = new WaitingRecords(budget, 100)
  other.add(recordAt(0), 0, 0)
  assert.equal(waiting.isOverfull(999), false, 'nothing of it would make room')
  assert.equal(waiting.isOverfull(1_000), true)
  assert.equal(other.isOverfull(0), true)
  other.takeDue(0, 10, 1_000)
  assert.equal(waiting.isOverfull(1_000), false)
})

test('what passes by again is kept as soon as it fits', () => {
  const waiting = new WaitingRecords(new ByteBudget(100), 100)
  waiting.add(recordAt(0), 10, 0)
  waiting.add(recordAt(1), 20, 0)
  waiting.supply(recordAt(1))
  assert.equal(waiting.figures.notHeld, 1)
  waiting.takeDue(10, 10, 1_000)
  waiting.supply(recordAt(1))
  assert.deepEqual(waiting.figures, { records: 1, bytes: 100, notHeld: 0 })
})

test('partitions share one memory, and give it back when they end', () => {
  const budget = new ByteBudget(250)
  const [one, other] = [new WaitingRecords(budget, 100), new WaitingRecords(budget, 100)]
  for (let offset = 0; offset < 2; offset++) one.add(recordAt(offset), 10, 0)
  other.add(recordAt(0), 10, 0)
  assert.equal(other.figures.notHeld, 1)
  one.release()
  assert.equal(budget.usedBytes, 0)
  other.supply(recordAt(0))
  assert.equal(other.figures.notHeld, 0)
})

test('what Kafka no longer has, and memory neither, is forgotten whether it is late or not', () => {
  const waiting = new WaitingRecords(new ByteBudget(0), 100)
  waiting.add(recordAt(1), 10, 0)
  waiting.add(recordAt(2), 20, 0)
  waiting.takeDue(10, 10, 1_000)
  assert.deepEqual(waiting.notHeldIn(0, 2), [1])
  waiting.forget([1, 2])
  assert.deepEqual(waiting.takeDue(20, 10, 1_000), [])
  assert.equal(waiting.lowestLate(0), undefined)
  assert.deepEqual(waiting.figures, { records: 0, bytes: 0, notHeld: 0 })
})

test('only so many wait; the rest is not read', () => {
  const waiting = new WaitingRecords(new ByteBudget(1_000), 3)
  for (let offset = 0; offset < 3; offset++) waiting.add(recordAt(offset), 10, 0)
  assert.equal(waiting.room, 0)
  waiting.takeDue(10, 2, 1_000)
  assert.equal(waiting.room, 2)
})

test('what waits does not keep the answer alive that it came in', () => {
  const answer = Buffer.alloc(100_000, 'x')
  const waiting = new WaitingRecords(new ByteBudget(1_000), 3)
  const headers = [header('a', answer.subarray(7, 9)), header('b', null)]
  const record = recordAt(0, { key: answer.subarray(0, 3), value: answer.subarray(3, 9), headers })
  waiting.add(record, 0, 0)
  const [taken] = waiting.takeDue(0, 1, 1_000)
  assert.deepEqual(taken, record)
  assert.ok((taken?.value?.buffer.byteLength ?? 0) < 100)
})
