import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { OutgoingRecord } from '../../src/pipeline/record.ts'
import { sharedStack, uniqueName } from '../stack-under-test.ts'
import { fetchLoopOf, foreignProducerOf, produce, readerOf, takeUntil } from './fetch-under-test.ts'
import { createTopic } from './topic-under-test.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const

async function newTopic(configs: Record<string, string> = {}): Promise<string> {
  return await createTopic(sharedStack().brokers, uniqueName('formats'), 1, configs)
}

/** Half of it can be compressed; together larger than any block of any codec. */
function values(): Buffer[] {
  return Array.from({ length: 300 }, (_, n) => Buffer.concat([Buffer.alloc(700, `${n} `), randomBytes(700)]))
}

for (const codec of CODECS) {
  test(`batches that the broker compressed as Kafka's Java clients do are read: ${codec}`, async (t) => {
    const topic = await newTopic({ 'compression.type': codec })
    const sent = values()
    await produce(sent.map((value) => ({ topic, key: value.subarray(0, 8), value, headers: [] })))
    const records = await takeUntil(await readerOf(t, fetchLoopOf(t), { topic }), sent.length)
    assert.deepEqual(
      records.map(({ value }) => value),
      sent,
    )
  })

  test(`batches that another client compressed are read: ${codec}`, async (t) => {
    const topic = await newTopic()
    const sent = values()
    const messages = sent.map((value) => ({ topic, value }))
    await foreignProducerOf(t).send({ messages, compression: codec })
    const records = await takeUntil(await readerOf(t, fetchLoopOf(t), { topic }), sent.length)
    assert.deepEqual(
      records.map(({ value }) => value),
      sent,
    )
  })
}

test('batches of several codecs lie in one partition', async (t) => {
  const topic = await newTopic()
  const producer = foreignProducerOf(t)
  for (const compression of ['none', ...CODECS] as const)
    await producer.send({ messages: [{ topic, value: Buffer.from(compression) }], compression })
  const records = await takeUntil(await readerOf(t, fetchLoopOf(t), { topic }), 5)
  assert.deepEqual(
    records.map(({ value }) => String(value)),
    ['none', ...CODECS],
  )
})

test('keys, values and headers are the bytes that were produced, missing and empty ones too', async (t) => {
  const topic = await newTopic()
  const name = Buffer.from('same')
  const headers = [
    [name, Buffer.from('1')],
    [Buffer.from('same'), null],
    [Buffer.from('same'), Buffer.alloc(0)],
    [Buffer.alloc(0), Buffer.from([0x00, 0xff])],
    [Buffer.from([0xff, 0x00]), Buffer.alloc(50_000, 7)],
  ] as const
  const sent: OutgoingRecord[] = [
    { topic, key: null, value: Buffer.from('value'), headers: [] },
    { topic, key: Buffer.from('tombstone'), value: null, headers: [] },
    { topic, key: Buffer.alloc(0), value: Buffer.alloc(0), headers },
    { topic, key: null, value: null, headers: Array.from({ length: 10_000 }, () => headers[0]) },
  ]
  await produce(sent)
  const records = await takeUntil(await readerOf(t, fetchLoopOf(t), { topic }), sent.length)
  assert.deepEqual(
    records.map(({ key, value, headers: found }) => ({ topic, key, value, headers: found })),
    sent.map((record) => ({ ...record, headers: record.headers.map((header) => [...header]) })),
  )
})

test('a record that is larger than every limit of an answer is read, and those around it', async (t) => {
  const topic = await newTopic({ 'max.message.bytes': '3000000' })
  const sent = [10, 1_048_576, 20, 2_500_000, 30].map((bytes) => randomBytes(bytes))
  for (const value of sent) await produce([{ topic, key: null, value, headers: [] }])
  const limits = { maxBytes: 100_000, partitionMaxBytes: 50_000, queueBytes: 50_000 }
  const records = await takeUntil(await readerOf(t, fetchLoopOf(t, limits), { topic }), sent.length)
  assert.ok(records.every(({ value }, n) => value?.equals(sent[n] ?? Buffer.alloc(0))))
  assert.equal(records.length, sent.length)
})
