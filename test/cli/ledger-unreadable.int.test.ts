import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findUnreadable } from '../../src/cli/ledger-unreadable.ts'
import {
  clusterOf,
  fetchLoopOf,
  foreignProducerOf,
  readerOf,
  settings,
  takeUntil,
} from '../kafka/fetch-under-test.ts'
import { damageBatch, wipeBatch } from '../kafka/log-on-disk.ts'
import { createTopic } from '../kafka/topic-under-test.ts'
import { sharedStack, uniqueName } from '../stack-under-test.ts'

const { brokers } = sharedStack()
const BATCHES = 60
const RECORDS = 5

async function filledTopic(t: Parameters<typeof foreignProducerOf>[0]) {
  const topic = await createTopic(brokers, uniqueName('unreadable'), 1)
  const producer = foreignProducerOf(t)
  const messages = Array.from({ length: RECORDS }, () => ({ topic, value: Buffer.alloc(200, 'x') }))
  for (let batch = 0; batch < BATCHES; batch++) await producer.send({ messages })
  const topicId = (await clusterOf(t).topic(topic))?.id ?? ''
  const key = { consumerGroup: 'g', topic, topicId, partition: 0 }
  return { key, end: BATCHES * RECORDS }
}

test('the unreadable batch is found with both its ends, and a readable one is none', async (t) => {
  const { key, end } = await filledTopic(t)
  const batch = await damageBatch(brokers, key.topic, 0, 100)
  assert.deepEqual(await findUnreadable(settings(), key, 100, end), {
    ok: true,
    ...batch,
    reason: 'its checksum is wrong',
  })
  const readable = await findUnreadable(settings(), key, 95, end)
  assert.equal(readable.ok, false)
})

test('where the broker itself can not read, the next offset that it can read from is found', async (t) => {
  const { key, end } = await filledTopic(t)
  const { first, to } = await wipeBatch(brokers, key.topic, 0, 100)
  const found = await findUnreadable(settings(), key, first, end)
  assert.ok(found.ok)
  assert.equal(found.first, first)
  // As far as the broker finds its way again: some kilobytes behind the damage.
  assert.ok(found.to >= to && found.to < end, `up to ${found.to}`)
  const reader = await readerOf(t, fetchLoopOf(t), { topic: key.topic, offset: found.to })
  assert.equal((await takeUntil(reader, end)).length, end - found.to)
})
