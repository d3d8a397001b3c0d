import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'
import { clusterOf, fetchLoopOf, foreignProducerOf, readerOf, takeUntil } from './fetch-under-test.ts'
import { createTopic } from './topic-under-test.ts'

type Transaction = Awaited<ReturnType<ReturnType<typeof foreignProducerOf>['beginTransaction']>>

const BYTES = 20_000
/** Some three batches to an answer, so that every transaction is spread over several. */
const LIMITS = { maxBytes: 70_000, partitionMaxBytes: 70_000, queueBytes: 70_000, waitMs: 20 }

/** Writes batches named `name` one by one, each as large as said above. */
async function write(transaction: Transaction, topic: string, name: string, batches: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++)
    await transaction.send({ messages: [{ topic, value: valueOf(`${name}.${batch}`) }] })
}

function valueOf(name: string): Buffer {
  return Buffer.from(name.padEnd(BYTES))
}

/** Three producers at once in one partition, two with transactions that begin, overlap and end in every order. */
async function fillTopic(t: TestContext, topic: string): Promise<string[]> {
  const [a, b, plain] = [
    foreignProducerOf(t, uniqueName('a')),
    foreignProducerOf(t, uniqueName('b')),
    foreignProducerOf(t),
  ]
  const sendPlain = (name: string) => plain.send({ messages: [{ topic, value: valueOf(name) }] })
  const a1 = await a.beginTransaction()
  await write(a1, topic, 'a1 aborted', 6)
  const b1 = await b.beginTransaction()
  await write(b1, topic, 'b1 kept', 5)
  await sendPlain('plain 1')
  await write(a1, topic, 'a1 aborted later', 4)
  await a1.abort()
  // Of the producer that has just aborted: an abort that is not forgotten at its marker swallows this.
  const a2 = await a.beginTransaction()
  await write(a2, topic, 'a2 kept', 5)
  await b1.commit()
  const b2 = await b.beginTransaction()
  await write(b2, topic, 'b2 aborted', 5)
  await a2.commit()
  const a3 = await a.beginTransaction()
  await write(a3, topic, 'a3 aborted', 5)
  await b2.abort()
  await sendPlain('plain 2')
  await a3.abort()
  const kept = (name: string) => Array.from({ length: 5 }, (_, batch) => `${name}.${batch}`)
  return [...kept('b1 kept'), 'plain 1', ...kept('a2 kept'), 'plain 2']
}

test('aborted transactions are left out, however they overlap and wherever reading begins', async (t) => {
  const topic = await createTopic(sharedStack().brokers, uniqueName('transactions'), 1)
  const expected = await fillTopic(t, topic)
  const { end } = await clusterOf(t).range(topic, 0)
  const loop = fetchLoopOf(t, LIMITS)
  const readFrom = async (offset: number): Promise<SourceRecord[]> => {
    const reader = await readerOf(t, loop, { topic, offset })
    const records = await takeUntil(reader, end)
    reader.close()
    return records
  }
  const all = await readFrom(0)
  assert.deepEqual(
    all.map(({ value }) => String(value).trim()),
    expected,
  )
  for (let offset = 1; offset <= end; offset++) {
    assert.deepEqual(
      (await readFrom(offset)).map((record) => record.offset),
      all.map((record) => record.offset).filter((at) => at >= offset),
      `from ${offset}`,
    )
  }
})

test('a transaction that is open holds back what follows it, until it ends', async (t) => {
  const topic = await createTopic(sharedStack().brokers, uniqueName('transactions'), 1)
  const transaction = await foreignProducerOf(t, uniqueName('open')).beginTransaction()
  await write(transaction, topic, 'open', 1)
  await foreignProducerOf(t).send({ messages: [{ topic, value: valueOf('after') }] })
  const reader = await readerOf(t, fetchLoopOf(t, LIMITS), { topic })
  await waitUntil(() => reader.logEnd === 2, { deadlineMs: 5_000, what: 'an answer comes' })
  assert.deepEqual([reader.nextRecord, reader.position], [0, 0])
  await transaction.commit()
  assert.deepEqual(
    (await takeUntil(reader, 3)).map(({ value }) => String(value).trim()),
    ['open.0', 'after'],
  )
  assert.equal(reader.position, 3)
})
