import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../../src/telemetry/logger.ts'
import { watchRetention } from '../../src/wiring/watch-retention.ts'
import { prepareTopics } from '../../src/wiring/topics.ts'
import { clusterOf } from '../kafka/fetch-under-test.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'

const WEEK_MS = 604_800_000
const RETRY = { max: 10, baseMs: 1_000, capMs: 300_000 }

/** Collects what is warned of, as `topic: problem`. */
function warnings(): { readonly log: Logger; readonly told: string[] } {
  const told: string[] = []
  const quiet = (): void => {}
  const warn = (event: string, { topic, problem }: Readonly<Record<string, unknown>> = {}): void =>
    void (event === 'topic_setting' && told.push(`${String(topic)}: ${String(problem)}`))
  return { log: { debug: quiet, info: quiet, warn, error: quiet }, told }
}

function topicsOf(name: string) {
  return { orders: `${name}-orders`, retries: `${name}-retries`, deadLetters: `${name}-dlq`, partitions: 1 }
}

test('topics that are missing are created with room for our headers, and warned of only for their one replica', async (t) => {
  const cluster = clusterOf(t)
  const topics = topicsOf(uniqueName('new'))
  const { log, told } = warnings()
  await prepareTopics(cluster, { topics, retry: RETRY }, log)
  const sizeOf = async (topic: string) =>
    Number((await cluster.describe(topic)).configs.get('max.message.bytes'))
  assert.equal(await sizeOf(topics.retries), (await sizeOf(topics.orders)) + 65_536)
  assert.equal(await sizeOf(topics.deadLetters), (await sizeOf(topics.orders)) + 65_536)
  assert.deepEqual(told, [
    `${topics.orders},${topics.retries},${topics.deadLetters}: one replica: a lost disk loses acknowledged records`,
  ])
})

test('each setting of a topic that endangers records is named', async (t) => {
  const cluster = clusterOf(t)
  const topics = topicsOf(uniqueName('odd'))
  await cluster.createMissing([
    { name: topics.orders, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    { name: topics.retries, partitions: 1, configs: { 'retention.ms': '240000' } },
    { name: topics.deadLetters, partitions: 1, configs: { 'retention.bytes': '1000000' } },
  ])
  const { log, told } = warnings()
  await prepareTopics(cluster, { topics, retry: RETRY }, log)
  assert.deepEqual(told.slice(1), [
    `${topics.orders}: cleanup.policy has compact, which deletes records that were not read`,
    `${topics.retries}: retention is 0.0 days`,
    `${topics.retries}: retention is shorter than the longest wait for a retry (RETRY_CAP_MS)`,
    `${topics.deadLetters}: retention.bytes deletes records however young they are, and nobody can tell when`,
    `${topics.retries}: max.message.bytes leaves no room for the headers of a record of ${topics.orders}`,
    `${topics.deadLetters}: max.message.bytes leaves no room for the headers of a record of ${topics.orders}`,
  ])
})

test('how long a topic keeps its records is asked of the broker, and a topic that is missing hides no other', async (t) => {
  const cluster = clusterOf(t)
  const [missing, topic] = [uniqueName('missing'), uniqueName('kept')]
  const configs = { 'retention.ms': String(2 * WEEK_MS) }
  await cluster.createMissing([{ name: topic, partitions: 1, configs }])
  using retention = watchRetention(cluster, [missing, topic], warnings().log)
  await waitUntil(() => retention.of(topic) !== undefined, {
    deadlineMs: 10_000,
    what: 'the broker answered',
  })
  assert.equal(retention.of(topic), 2 * WEEK_MS)
  assert.equal(retention.of(missing), undefined)
})
