import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLoad, type LoadRun } from '../../src/producer/run.ts'
import type { LoadRecord } from '../../src/producer/records.ts'

function numbered(count: number): LoadRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'valid',
    uid: String(index),
    key: Buffer.from(String(index)),
    value: Buffer.from('{}'),
  }))
}

function runOf(changes: Partial<LoadRun>): LoadRun {
  return {
    chunks: [numbered(10)],
    intervalMs: 0,
    send: async () => [],
    stopping: new AbortController().signal,
    ...changes,
  }
}

test('records are sent in their order, one batch at a time', async () => {
  const sent: (string | undefined)[] = []
  let underWay = 0
  const send = async (records: readonly LoadRecord[]) => {
    assert.equal(++underWay, 1)
    await new Promise((resolve) => setImmediate(resolve))
    sent.push(...records.map(({ uid }) => uid))
    underWay--
    return []
  }
  const result = await runLoad(runOf({ chunks: [numbered(2500), numbered(3)], send }))
  assert.equal(result.acknowledged.total, 2503)
  assert.deepEqual(
    sent,
    [...numbered(2500), ...numbered(3)].map(({ uid }) => uid),
  )
})

test('what was not acknowledged is sent again before anything else', async () => {
  const attempts: string[] = []
  const acknowledged: (string | undefined)[] = []
  let outages = 0
  const send = async (records: readonly LoadRecord[]) => {
    attempts.push(records[0]?.uid ?? '')
    if (attempts.length === 1) throw new Error('away')
    return []
  }
  const result = await runLoad(
    runOf({
      chunks: [numbered(2), numbered(5).slice(2)],
      send,
      onAcknowledged: (records) => acknowledged.push(...records.map(({ uid }) => uid)),
      onOutage: () => outages++,
    }),
  )
  assert.deepEqual(attempts, ['0', '0', '2'])
  assert.deepEqual(acknowledged, ['0', '1', '2', '3', '4'])
  assert.deepEqual([result.acknowledged.total, result.unacknowledged, outages], [5, 0, 1])
})

test('records that Kafka will never take are counted apart', async () => {
  const send = async (records: readonly LoadRecord[]) => records.filter(({ uid }) => uid === '3')
  const acknowledged: (string | undefined)[] = []
  const onAcknowledged = (records: readonly LoadRecord[]) =>
    acknowledged.push(...records.map(({ uid }) => uid))
  const result = await runLoad(runOf({ send, onAcknowledged }))
  assert.deepEqual([result.acknowledged.valid, result.refused], [9, 1])
  assert.ok(!acknowledged.includes('3'))
})

test('a fault of our own ends the run', async () => {
  const send = () => Promise.reject(new TypeError('no bytes'))
  await assert.rejects(runLoad(runOf({ send })), TypeError)
})

test('an acknowledgement that cannot be written down ends the run', async () => {
  const onAcknowledged = () => {
    throw new Error('disk full')
  }
  await assert.rejects(runLoad(runOf({ chunks: [numbered(1), numbered(1)], onAcknowledged })), /disk full/)
})

test('stopping waits for what is under way, and begins nothing new', async () => {
  const stopping = new AbortController()
  const sent: number[] = []
  const send = async (records: readonly LoadRecord[]) => {
    sent.push(records.length)
    stopping.abort()
    await new Promise((resolve) => setImmediate(resolve))
    return []
  }
  const result = await runLoad(runOf({ chunks: [numbered(4), numbered(4)], send, stopping: stopping.signal }))
  assert.deepEqual(sent, [4])
  assert.deepEqual([result.acknowledged.total, result.unacknowledged], [4, 0])
})

test('what is not acknowledged when it is to stop is told', async () => {
  const stopping = new AbortController()
  const send = () => {
    stopping.abort()
    return Promise.reject(new Error('away'))
  }
  const result = await runLoad(runOf({ send, stopping: stopping.signal }))
  assert.deepEqual([result.acknowledged.total, result.unacknowledged], [0, 10])
})

test('stopping interrupts the pause between two records', { timeout: 5_000 }, async () => {
  const stopping = new AbortController()
  const send = async () => {
    setImmediate(() => stopping.abort())
    return []
  }
  const result = await runLoad(runOf({ intervalMs: 60_000, send, stopping: stopping.signal }))
  assert.equal(result.acknowledged.total, 1)
})

test('records come at the pace of the schedule, and what was held up is made up for', async () => {
  const sizes: number[] = []
  const startedAtMs = performance.now()
  let lastAtMs = 0
  const send = async (records: readonly LoadRecord[]) => {
    lastAtMs = performance.now() - startedAtMs
    sizes.push(records.length)
    if (sizes.length === 1) await new Promise((resolve) => setTimeout(resolve, 100))
    return []
  }
  await runLoad(runOf({ chunks: [numbered(40)], intervalMs: 5, send }))
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    40,
  )
  assert.ok(lastAtMs >= 190, String(lastAtMs))
  // While the first was under way, one more was made ready, and 17 became due, at least.
  assert.ok(Math.max(...sizes) >= 17, String(sizes))
})
