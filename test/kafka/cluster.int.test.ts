import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCluster } from '../../src/kafka/cluster.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'
import { adminOf, clusterOf, produce } from './fetch-under-test.ts'

function recordOf(topic: string, value: string) {
  return { topic, key: null, value: Buffer.from(value), headers: [] }
}

test('a topic that does not exist is undefined, and its ranges are an error', async (t) => {
  const cluster = clusterOf(t)
  const topic = uniqueName('missing')
  assert.equal(await cluster.topic(topic), undefined)
  await assert.rejects(cluster.range(topic, 0))
  // Asking must not create it.
  assert.equal(await cluster.topic(topic), undefined)
})

test('a topic has an id and partitions, and each partition a start and an end', async (t) => {
  const cluster = clusterOf(t)
  const topic = uniqueName('range')
  await cluster.createMissing([{ name: topic, partitions: 1, configs: {} }])
  const state = await cluster.topic(topic)
  assert.match(state?.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(state?.partitionCount, 1)
  assert.deepEqual(await cluster.range(topic, 0), { start: 0, end: 0, leaderEpoch: 0 })
  await produce(Array.from({ length: 10 }, (_, n) => recordOf(topic, String(n))))
  assert.deepEqual(await cluster.range(topic, 0), { start: 0, end: 10, leaderEpoch: 0 })
  await adminOf(t).deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 7n }] }] })
  assert.deepEqual(await cluster.range(topic, 0), { start: 7, end: 10, leaderEpoch: 0 })
  await assert.rejects(cluster.range(topic, 1))
})

test('partitions that were added and a topic that was created again are seen at once', async (t) => {
  const cluster = clusterOf(t)
  const admin = adminOf(t)
  const name = uniqueName('again')
  await cluster.createMissing([{ name, partitions: 1, configs: {} }])
  const first = await cluster.topic(name)
  await admin.createPartitions({ topics: [{ name, count: 3 }] })
  assert.deepEqual(await cluster.topic(name), { id: first?.id, partitionCount: 3 })
  await admin.deleteTopics({ topics: [name] })
  await waitUntil(async () => (await cluster.topic(name)) === undefined, {
    deadlineMs: 5_000,
    what: 'it is gone',
  })
  await cluster.createMissing([{ name, partitions: 1, configs: {} }])
  const second = await cluster.topic(name)
  assert.equal(second?.partitionCount, 1)
  assert.notEqual(second.id, first?.id)
})

test('of many that create the missing topics at once, each topic is created by one, and all can use them', async (t) => {
  const names = [uniqueName('a'), uniqueName('b'), uniqueName('c')]
  const topics = names.map((name) => ({ name, partitions: 2, configs: { 'max.message.bytes': '2000000' } }))
  const clusters = Array.from({ length: 5 }, () => clusterOf(t))
  const created = await Promise.all(
    clusters.map(async (cluster) => {
      const mine = await cluster.createMissing(topics)
      for (const name of names) assert.equal((await cluster.topic(name))?.partitionCount, 2)
      return mine
    }),
  )
  assert.deepEqual(created.flat().toSorted(), names.toSorted())
  assert.deepEqual(await clusterOf(t).createMissing(topics), [])
})

test('the settings of a topic are told as they are in force, and how often it is replicated', async (t) => {
  const cluster = clusterOf(t)
  const name = uniqueName('settings')
  await cluster.createMissing([{ name, partitions: 2, configs: { 'retention.ms': '12345' } }])
  const { configs, replicas } = await cluster.describe(name)
  assert.equal(replicas, 1)
  assert.deepEqual([configs.get('retention.ms'), configs.get('cleanup.policy')], ['12345', 'delete'])
})

test('a topic that can not be created is an error', async (t) => {
  const wrong = { name: uniqueName('wrong'), partitions: 1, configs: { 'no.such.setting': '1' } }
  await assert.rejects(clusterOf(t).createMissing([wrong]))
})

test('without a broker every question is an error, soon', async (t) => {
  const cluster = openCluster({ brokers: ['127.0.0.1:1'], clientId: 'test' }, () => {})
  t.after(() => cluster[Symbol.asyncDispose]())
  const startedAtMs = performance.now()
  await assert.rejects(cluster.topic('orders'))
  await assert.rejects(cluster.range('orders', 0))
  await assert.rejects(cluster.createMissing([]))
  assert.ok(performance.now() - startedAtMs < 15_000)
})
