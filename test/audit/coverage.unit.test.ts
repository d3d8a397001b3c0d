import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comesBefore, hasLostDeadLetters, isInTheBooks, readableRanges } from '../../src/audit/coverage.ts'
import { balancedReading, deadLetterEntry, entry, OLDER_ID, ORDERS_ID, topics } from './made-up-books.ts'

test('what is read again begins at the log start and ends at the ledger', () => {
  const reading = { ...balancedReading(), topics: topics([4, 50]) }
  const [range] = readableRanges(reading, 'orders')
  assert.deepEqual([range?.from, range?.to, range?.logEnd], [4, 10, 50])
})

test('nothing is read again of a partition without books, or whose settled records are gone', () => {
  const width = (reading: Parameters<typeof readableRanges>[0]) =>
    readableRanges(reading, 'orders').map(({ from, to }) => to - from)
  assert.deepEqual(width({ ...balancedReading(), ledger: [] }), [0])
  assert.deepEqual(width({ ...balancedReading(), topics: topics([30, 50]) }), [0])
})

test('a record that another consumer group settled has its outcome as well', () => {
  const other = entry({ duplicates: 20 }, { consumerGroup: 'other' })
  const reading = { ...balancedReading(), ledger: [entry({ stored: 10 }), other], topics: topics([0, 50]) }
  assert.equal(readableRanges(reading, 'orders')[0]?.to, 20)
})

test('a source is in the books from the origin up to the next offset, also of a topic that is gone', () => {
  const known = isInTheBooks([
    entry({ stored: 5 }, { origin: 10 }),
    entry({ stored: 3 }, { topicId: OLDER_ID, partition: 1 }),
  ])
  const at = (topicId: string, partition: number, offset: number) => known({ topicId, partition, offset })
  assert.deepEqual(
    [9, 10, 14, 15].map((offset) => at(ORDERS_ID, 0, offset)),
    [false, true, true, false],
  )
  assert.deepEqual([at(OLDER_ID, 1, 2), at(OLDER_ID, 0, 2)], [true, false])
})

test('dead letters are lost when the log or a former topic of them is gone', () => {
  const reading = balancedReading()
  assert.equal(hasLostDeadLetters(reading), false)
  assert.equal(hasLostDeadLetters({ ...reading, topics: topics([0, 10], [1, 2]) }), true)
  const former = deadLetterEntry({ archived: 1 }, { topicId: OLDER_ID })
  assert.equal(hasLostDeadLetters({ ...reading, ledger: [...reading.ledger, former] }), true)
})

test('sources are ordered by topic id, partition and offset', () => {
  const source = (topicId: string, partition: number, offset: number) => ({ topicId, partition, offset })
  assert.ok(comesBefore(source(OLDER_ID, 9, 9), source(ORDERS_ID, 0, 0)))
  assert.ok(comesBefore(source(ORDERS_ID, 2, 9), source(ORDERS_ID, 10, 0)))
  assert.ok(comesBefore(source(ORDERS_ID, 2, 9), source(ORDERS_ID, 2, 10)))
  assert.equal(comesBefore(source(ORDERS_ID, 2, 9), source(ORDERS_ID, 2, 9)), false)
})
