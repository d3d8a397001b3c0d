import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isRecordTooLarge, ProduceError } from '../../src/kafka/produce-error.ts'
import { openProducer, type RecordProducer } from '../../src/kafka/producer.ts'
import type { OutgoingRecord } from '../../src/pipeline/record.ts'
import { startStack } from '../../stack/stack.ts'
import { sharedStack, stackFolder, uniqueName, waitUntil } from '../stack-under-test.ts'
import { createTopic, readTopic } from './topic-under-test.ts'

interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

function producerOf(t: Afterwards, brokers: string, giveUpAfterMs = 30_000): RecordProducer {
  const settings = { brokers: [brokers], clientId: 'test' }
  const producer = openProducer(settings, { giveUpAfterMs, onError: () => {} })
  t.after(() => producer.close())
  return producer
}

function recordOf(topic: string, key: string, value: string | Buffer = key): OutgoingRecord {
  return { topic, key: Buffer.from(key), value: Buffer.from(value), headers: [] }
}

test('keys, values and headers arrive byte for byte, missing and empty ones too', async (t) => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('bytes'), 1)
  const name = Buffer.from('same')
  const headers = [
    [name, Buffer.from('1')],
    [name, null],
    [Buffer.from('same'), Buffer.from('')],
    [Buffer.from(''), Buffer.from([0x00, 0xff])],
    [Buffer.from([0xff, 0x00]), name],
  ] as const
  const sent: OutgoingRecord[] = [
    { topic, key: null, value: Buffer.from('value'), headers: [] },
    { topic, key: Buffer.from('tombstone'), value: null, headers: [] },
    { topic, key: Buffer.from(''), value: Buffer.from(''), headers },
    { topic, key: null, value: null, headers: [] },
  ]
  await producerOf(t, brokers).send(sent)
  const read = await readTopic(brokers, topic)
  assert.deepEqual(
    read.map(({ key, value, headers: found }) => ({ topic, key, value, headers: found })),
    sent.map((record) => ({ ...record, headers: record.headers.map((header) => [...header]) })),
  )
})

test('records of one key lie in the order in which they were sent, over many calls', async (t) => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('order'), 4)
  const producer = producerOf(t, brokers)
  const calls = Array.from({ length: 50 }, (_, call) =>
    producer.send(Array.from({ length: 20 }, (__, at) => recordOf(topic, `key-${at}`, String(call)))),
  )
  await Promise.all(calls)
  const valuesOfKey = new Map<string, number[]>()
  for (const { key, value } of await readTopic(brokers, topic)) {
    const values = valuesOfKey.get(String(key)) ?? []
    valuesOfKey.set(String(key), values)
    values.push(Number(value))
  }
  const inOrder = Array.from({ length: 50 }, (_, call) => call)
  for (const values of valuesOfKey.values()) assert.deepEqual(values, inOrder)
  assert.equal(valuesOfKey.size, 20)
})

test('a record above the limit is named, and all others are acknowledged', async (t) => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('large'), 2)
  const producer = producerOf(t, brokers)
  const tooLarge = recordOf(topic, 'large', Buffer.alloc(1_100_000))
  const nearly = recordOf(topic, 'nearly', Buffer.alloc(1_040_000))
  const outcomes = await Promise.allSettled([
    producer.send([recordOf(topic, 'a')]),
    producer.send([recordOf(topic, 'b'), tooLarge, recordOf(topic, 'c')]),
    producer.send([nearly]),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const reason: unknown = outcomes[1].status === 'rejected' ? outcomes[1].reason : undefined
  assert.ok(isRecordTooLarge(reason))
  assert.deepEqual(reason.records, [tooLarge])
  const keys = (await readTopic(brokers, topic)).map(({ key }) => String(key))
  assert.deepEqual(keys.toSorted(), ['a', 'b', 'c', 'nearly'])
})

test('a topic with a smaller limit than usual loses only what is above it', async (t) => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('small'), 1, { 'max.message.bytes': '2000' })
  const small = Array.from({ length: 10 }, (_, at) => recordOf(topic, `small-${at}`, Buffer.alloc(500)))
  const large = recordOf(topic, 'large', Buffer.alloc(3000))
  const error = await producerOf(t, brokers)
    .send([...small.slice(0, 5), large, ...small.slice(5)])
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  assert.ok(isRecordTooLarge(error))
  assert.deepEqual(error.records, [large])
  assert.deepEqual(
    (await readTopic(brokers, topic)).map(({ key }) => String(key)),
    small.map(({ key }) => String(key)),
  )
})

test('what is above the limit is sent compressed where that is wanted, and named only if it is still too large', async () => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('compressed'), 1)
  const settings = { brokers: [brokers], clientId: 'test' }
  const options = { giveUpAfterMs: 30_000, onError: () => {}, compressLarge: true }
  await using producer = openProducer(settings, options)
  const shrinks = recordOf(topic, 'shrinks', Buffer.alloc(5_000_000, 'shrinks'))
  const stays = recordOf(topic, 'stays', randomBytes(1_100_000))
  const error = await producer.send([recordOf(topic, 'a'), shrinks, stays, recordOf(topic, 'b')]).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(isRecordTooLarge(error))
  assert.deepEqual(error.records, [stays])
  const read = await readTopic(brokers, topic)
  assert.deepEqual(
    read.map(({ key }) => String(key)),
    ['a', 'shrinks', 'b'],
  )
  assert.ok(read[1]?.value?.equals(shrinks.value ?? Buffer.alloc(0)))
})

test('anything but bytes is refused before it is sent, and disturbs nobody', async (t) => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('type'), 1)
  const producer = producerOf(t, brokers)
  const good = producer.send([recordOf(topic, 'good')])
  const wrong = { ...recordOf(topic, 'wrong'), key: 'text' as unknown as Buffer }
  await assert.rejects(producer.send([wrong]), TypeError)
  await good
})

test('nothing to send is sent', async (t) => {
  await producerOf(t, '127.0.0.1:1').send([])
})

test('without a broker a send is given up in time, with a short error that is no fault of the record', async (t) => {
  const startedAtMs = performance.now()
  const error: unknown = await producerOf(t, '127.0.0.1:1', 300)
    .send([recordOf('any', 'key')])
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof ProduceError && !isRecordTooLarge(error))
  assert.ok(performance.now() - startedAtMs < 10_000)
  assert.ok(error.message.length < 500)
  assert.match(error.code, /^PLT_KFK_/)
})

test('closing rejects what is under way, and everything after', async (t) => {
  const producer = producerOf(t, '127.0.0.1:1')
  const underWay = producer.send([recordOf('any', 'key')])
  const waiting = producer.send([recordOf('any', 'key')])
  const outcomes = Promise.allSettled([underWay, waiting])
  await producer.close()
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await assert.rejects(producer.send([recordOf('any', 'key')]), ProduceError)
})

test('over a kill of the broker nothing is lost and nothing is doubled', { timeout: 120_000 }, async (t) => {
  await using stack = await startStack({ dir: stackFolder(t) })
  const { brokers } = stack
  const [broker] = stack.kafka.nodes
  assert.ok(broker)
  const topic = await createTopic(brokers, uniqueName('kill'), 4)
  const producer = producerOf(t, brokers, 60_000)
  const acknowledged: string[] = []
  const stopping = new AbortController()
  const produce = async (worker: number): Promise<void> => {
    for (let call = 0; !stopping.signal.aborted; call++) {
      const keys = Array.from({ length: 20 }, (_, at) => `${worker}-${call}-${at}`)
      await producer.send(keys.map((key) => recordOf(topic, key)))
      acknowledged.push(...keys)
    }
  }
  const workers = [0, 1, 2, 3].map(produce)
  const acknowledgedMore = async (what: string): Promise<void> => {
    const before = acknowledged.length
    await waitUntil(() => acknowledged.length > before + 2000, { deadlineMs: 30_000, what })
  }
  await acknowledgedMore('records are acknowledged')
  await broker.kill()
  await broker.start()
  await acknowledgedMore('records are acknowledged after the restart')
  stopping.abort()
  await Promise.all(workers)
  const keys = (await readTopic(brokers, topic)).map(({ key }) => String(key))
  assert.equal(new Set(keys).size, keys.length)
  assert.deepEqual(keys.toSorted(), acknowledged.toSorted())
})
