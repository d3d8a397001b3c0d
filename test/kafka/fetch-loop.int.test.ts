import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutgoingRecord } from '../../src/pipeline/record.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'
import {
  adminOf,
  clusterOf,
  fetchLoopOf,
  foreignProducerOf,
  produce,
  readerOf,
  takeUntil,
} from './fetch-under-test.ts'
import { createTopic } from './topic-under-test.ts'

async function newTopic(partitions = 1): Promise<string> {
  return await createTopic(sharedStack().brokers, uniqueName('fetch'), partitions)
}

function numbered(topic: string, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    topic,
    key: null,
    value: Buffer.from(String(from + n)),
    headers: [],
  }))
}

const numbers = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => String(from + n))

test('a reader delivers from the offset it was opened at, also in the middle of a batch, and goes on', async (t) => {
  const topic = await newTopic()
  await produce(numbered(topic, 20))
  const loop = fetchLoopOf(t)
  for (const offset of [0, 7, 19]) {
    const reader = await readerOf(t, loop, { topic, offset })
    const records = await takeUntil(reader, 20)
    reader.close()
    assert.deepEqual(
      records.map(({ offset: at, value }) => [at, String(value)]),
      numbers(20)
        .slice(offset)
        .map((text) => [Number(text), text]),
    )
  }
  const atEnd = await readerOf(t, loop, { topic, offset: 20 })
  assert.deepEqual([atEnd.take(10, 1000), atEnd.position, atEnd.nextRecord], [[], 20, 20])
  await produce(numbered(topic, 5, 20))
  assert.deepEqual(
    (await takeUntil(atEnd, 25)).map(({ value }) => String(value)),
    numbers(5, 20),
  )
  assert.equal(atEnd.logEnd, 25)
})

test('records come with their coordinates, epoch and timestamp', async (t) => {
  const topic = await newTopic(2)
  const producer = foreignProducerOf(t)
  const messages = [
    { topic, partition: 1, value: Buffer.from('x'), timestamp: 1_700_000_000_123n },
    { topic, partition: 1, value: Buffer.from('y'), timestamp: 1_600_000_000_000n },
  ]
  for (const message of messages) await producer.send({ messages: [message] })
  const [first, second] = await takeUntil(await readerOf(t, fetchLoopOf(t), { topic, partition: 1 }), 2)
  assert.deepEqual(
    { ...first, value: String(first?.value), bytes: (first?.bytes ?? 0) > 0 },
    {
      topic,
      partition: 1,
      offset: 0,
      timestampMs: 1_700_000_000_123,
      leaderEpoch: 0,
      key: null,
      value: 'x',
      headers: [],
      bytes: true,
    },
  )
  assert.deepEqual([second?.offset, second?.timestampMs], [1, 1_600_000_000_000])
})

test('a partition that is not taken from holds, bounded in memory, while another one flows', async (t) => {
  const topic = await newTopic(2)
  const value = Buffer.alloc(10_000, 'x')
  const producer = foreignProducerOf(t)
  for (let batch = 0; batch < 40; batch++)
    await producer.send({
      messages: [0, 1].flatMap((partition) =>
        Array.from({ length: 10 }, () => ({ topic, partition, value })),
      ),
    })
  const loop = fetchLoopOf(t, { maxBytes: 200_000, partitionMaxBytes: 100_000, queueBytes: 100_000 })
  const held = await readerOf(t, loop, { topic, partition: 0 })
  const flowing = await readerOf(t, loop, { topic, partition: 1 })
  assert.equal((await takeUntil(flowing, 400)).length, 400)
  // At most what was there when it was full, and one answer more.
  assert.ok(held.position >= 10 && held.position <= 30, `${held.position} records wait`)
  assert.deepEqual([held.nextRecord, held.take(3, 25_000).length, held.nextRecord], [0, 3, 3])
  const rest = await takeUntil(held, 400)
  assert.deepEqual(
    rest.map(({ offset }) => offset),
    Array.from({ length: 397 }, (_, n) => n + 3),
  )
})

test('taking is limited by records and bytes, and gives one record at least', async (t) => {
  const topic = await newTopic()
  await produce(numbered(topic, 10))
  const reader = await readerOf(t, fetchLoopOf(t), { topic })
  await waitUntil(() => reader.position === 10, { deadlineMs: 5_000, what: 'all are fetched' })
  assert.equal(reader.take(4, 1_000_000).length, 4)
  assert.equal(reader.take(100, 1).length, 1)
  assert.deepEqual([reader.take(0, 1).length, reader.nextRecord, reader.position], [0, 5, 10])
  assert.equal(reader.take(100, 1_000_000).length, 5)
})

test('a position outside of the log ends the reader, and no other', async (t) => {
  const topic = await newTopic(3)
  const producer = foreignProducerOf(t)
  const messages = [0, 1, 2].flatMap((partition) =>
    numbers(10).map((value) => ({ topic, partition, value: Buffer.from(value) })),
  )
  await producer.send({ messages })
  await adminOf(t).deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 5n }] }] })
  const loop = fetchLoopOf(t)
  const readers = await Promise.all([
    readerOf(t, loop, { topic, partition: 0, offset: 4 }),
    readerOf(t, loop, { topic, partition: 1, offset: 11 }),
    readerOf(t, loop, { topic, partition: 2, offset: 10 }),
  ])
  const [below, above, inside] = readers
  for (const reader of [below, above])
    await waitUntil(() => reader.ended === 'out_of_range', { deadlineMs: 5_000, what: 'it ends' })
  assert.equal((await takeUntil(await readerOf(t, loop, { topic, partition: 0, offset: 5 }), 10)).length, 5)
  await producer.send({ messages: messages.slice(20) })
  assert.equal((await takeUntil(inside, 20)).length, 10)
})

test('a topic that is created again ends the readers of its earlier id, and those of the new one read its start', async (t) => {
  const topic = await newTopic()
  const cluster = clusterOf(t)
  await produce(numbered(topic, 10))
  const loop = fetchLoopOf(t)
  const earlier = await readerOf(t, loop, { topic, offset: 10 })
  const admin = adminOf(t)
  await admin.deleteTopics({ topics: [topic] })
  await waitUntil(async () => (await cluster.topic(topic)) === undefined, {
    deadlineMs: 5_000,
    what: 'it is gone',
  })
  await createTopic(sharedStack().brokers, topic, 1)
  // More than before, so that the old position is inside of the new log.
  await produce(numbered(topic, 30, 100))
  await waitUntil(() => earlier.ended === 'topic_changed', {
    deadlineMs: 10_000,
    what: 'the earlier reader ends',
  })
  assert.deepEqual(earlier.take(100, 1_000_000), [])
  const later = await readerOf(t, loop, { topic })
  assert.deepEqual(
    (await takeUntil(later, 30)).map(({ value }) => String(value)),
    numbers(30, 100),
  )
})

test('what is buffered may still be taken after the end; closing drops it', async (t) => {
  const topic = await newTopic()
  await produce(numbered(topic, 10))
  const loop = fetchLoopOf(t)
  const reader = await readerOf(t, loop, { topic })
  await waitUntil(() => reader.position === 10, { deadlineMs: 5_000, what: 'all are fetched' })
  reader.take(3, 1_000_000)
  reader.close()
  assert.deepEqual([reader.ended, reader.take(100, 1_000_000)], ['closed', []])
  reader.close()
  await reader.readable(60_000)
})
