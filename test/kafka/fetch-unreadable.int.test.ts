import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { PartitionReader } from '../../src/pipeline/log.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'
import { sendManyHeaders } from './bombs.ts'
import { fetchLoopOf, foreignProducerOf, readerOf, takeUntil } from './fetch-under-test.ts'
import { damageBatch, giveUnknownCodec } from './log-on-disk.ts'
import { createTopic } from './topic-under-test.ts'

const { brokers } = sharedStack()
const MIB = 1_048_576
const ROOMY = { 'max.message.bytes': '8000000' }

async function newTopic(partitions = 1): Promise<string> {
  return await createTopic(brokers, uniqueName('unreadable'), partitions, ROOMY)
}

/** Three batches of ten records, `bad` of them in the middle. */
async function threeBatches(t: TestContext, topic: string): Promise<void> {
  const producer = foreignProducerOf(t)
  for (let batch = 0; batch < 3; batch++) {
    const messages = Array.from({ length: 10 }, (_, n) => ({
      topic,
      value: Buffer.from(`${10 * batch + n}`),
    }))
    await producer.send({ messages })
  }
}

async function waitForEnd(reader: PartitionReader): Promise<void> {
  await waitUntil(() => reader.ended, { deadlineMs: 10_000, what: 'the reader ends' })
}

const DAMAGES = [
  ['one bit of which changed', damageBatch, 'its checksum is wrong'],
  ['of an unknown codec', giveUnknownCodec, 'its codec 5 is unknown'],
] as const

for (const [what, damage, why] of DAMAGES) {
  test(`a batch ${what} ends a reader exactly there; what is before and behind it can be read`, async (t) => {
    const topic = await newTopic()
    await threeBatches(t, topic)
    assert.deepEqual(await damage(brokers, topic, 0, 15), { first: 10, to: 20 })
    const loop = fetchLoopOf(t)
    const reader = await readerOf(t, loop, { topic })
    const records = await takeUntil(reader, 30)
    await waitForEnd(reader)
    assert.deepEqual(
      records.map(({ value }) => String(value)),
      Array.from({ length: 10 }, (_, n) => String(n)),
    )
    assert.deepEqual([reader.ended, reader.unreadable], ['unreadable', { first: 10, to: 20, why }])
    const inside = await readerOf(t, loop, { topic, offset: 17 })
    await waitForEnd(inside)
    assert.deepEqual(inside.unreadable, { first: 10, to: 20, why })
    assert.equal((await takeUntil(await readerOf(t, loop, { topic, offset: 20 }), 30)).length, 10)
  })
}

test('a damaged batch at the end of a log reaches to that end', async (t) => {
  const topic = await newTopic()
  await threeBatches(t, topic)
  await damageBatch(brokers, topic, 0, 29)
  const reader = await readerOf(t, fetchLoopOf(t), { topic, offset: 20 })
  await waitForEnd(reader)
  assert.deepEqual([reader.unreadable?.first, reader.unreadable?.to], [20, 30])
})

for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`a batch that inflates to more than 64 MiB is never inflated, one below is read: ${compression}`, async (t) => {
    const topic = await newTopic(2)
    const producer = foreignProducerOf(t)
    const large = Buffer.alloc(40 * MIB, 'large')
    await producer.send({ messages: [{ topic, partition: 0, value: large }], compression })
    await producer.send({
      messages: [{ topic, partition: 1, value: Buffer.alloc(65 * MIB) }],
      compression,
    })
    const loop = fetchLoopOf(t)
    const bomb = await readerOf(t, loop, { topic, partition: 1 })
    await waitForEnd(bomb)
    assert.deepEqual(
      [bomb.ended, bomb.unreadable],
      ['unreadable', { first: 0, to: 1, why: 'it holds more than 64 MiB once inflated' }],
    )
    const [record] = await takeUntil(await readerOf(t, loop, { topic, partition: 0 }), 1)
    assert.ok(record?.value?.equals(large))
  })
}

test('batches that together inflate to more than 64 MiB come one after the other', async (t) => {
  const topic = await newTopic()
  const producer = foreignProducerOf(t)
  const value = Buffer.alloc(30 * MIB)
  for (let n = 0; n < 5; n++) await producer.send({ messages: [{ topic, value }], compression: 'gzip' })
  const reader = await readerOf(t, fetchLoopOf(t), { topic })
  await waitUntil(() => reader.position > 0, { deadlineMs: 10_000, what: 'something came' })
  assert.equal(reader.position, 2)
  assert.equal((await takeUntil(reader, 5)).length, 5)
})

test('headers that are nothing but many are counted before they are made', async (t) => {
  const topic = await newTopic(2)
  const producer = foreignProducerOf(t)
  await sendManyHeaders(producer, topic, 0, 500_000)
  await sendManyHeaders(producer, topic, 1, 20_000_000)
  const loop = fetchLoopOf(t)
  const bomb = await readerOf(t, loop, { topic, partition: 1 })
  await waitForEnd(bomb)
  assert.equal(bomb.unreadable?.why, 'it holds more than 1000000 records and headers')
  const [record] = await takeUntil(await readerOf(t, loop, { topic, partition: 0 }), 1)
  assert.equal(record?.headers.length, 500_000)
})
