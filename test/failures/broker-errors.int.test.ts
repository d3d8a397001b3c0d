import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openCluster } from '../../src/kafka/cluster.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { classifyError } from '../../src/pipeline/classify.ts'
import { createTopic } from '../kafka/topic-under-test.ts'
import { sharedStack, uniqueName } from '../stack-under-test.ts'

/** A port that was free a moment ago, so that nobody answers there. */
const NOBODY = '127.0.0.1:9'

function verdictOf(error: unknown): string {
  const { kind, type } = classifyError(error)
  return `${kind} ${type}`
}

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => assert.fail('nothing was thrown'),
    (error: unknown) => error,
  )
}

test('a broker that nobody can reach is an outage, for questions and for records', async () => {
  const settings = { brokers: [NOBODY], clientId: 'test' }
  await using cluster = openCluster(settings, () => {})
  assert.equal(verdictOf(await thrownBy(cluster.topic('any'))), 'outage broker_unreachable')
  await using producer = openProducer(settings, { giveUpAfterMs: 500, onError: () => {} })
  const record = { topic: 'any', key: null, value: Buffer.from('x'), headers: [] }
  assert.equal(verdictOf(await thrownBy(producer.send([record]))), 'outage broker_unreachable')
})

test('a partition that is not there yet is waited for as an outage is', async () => {
  const { brokers } = sharedStack()
  await using cluster = openCluster({ brokers: [brokers], clientId: 'test' }, () => {})
  const topic = await createTopic(brokers, uniqueName('few'), 1)
  assert.equal(verdictOf(await thrownBy(cluster.range(topic, 7))), 'outage broker_unreachable')
})

test('a record that no broker will take holds as something unexpected, and says so', async () => {
  const { brokers } = sharedStack()
  const topic = await createTopic(brokers, uniqueName('small'), 1)
  await using producer = openProducer(
    { brokers: [brokers], clientId: 'test' },
    { giveUpAfterMs: 10_000, compressLarge: true, onError: () => {} },
  )
  const value = randomBytes(2_000_000)
  const error = await thrownBy(producer.send([{ topic, key: null, value, headers: [] }]))
  assert.equal(verdictOf(error), 'systemic unclassified')
  assert.match(
    classifyError(error).message,
    /^RECORD_TOO_LARGE: \S+ takes none of 1 records.*max\.message\.bytes/,
  )
})
