import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openCluster } from '../../src/kafka/cluster.ts'
import { FetchLoop } from '../../src/kafka/fetch-loop.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { ByteBudget } from '../../src/pipeline/byte-budget.ts'
import { Circuit } from '../../src/pipeline/circuit.ts'
import type { DueRecord } from '../../src/pipeline/retry-records.ts'
import { RetryPartition } from '../../src/pipeline/retry-partition.ts'
import { postgresRetryLedger } from '../../src/postgres/retry-ledger.ts'
import { SYSTEM_CLOCK } from '../../src/wiring/retries.ts'
import { createTopic, readTopic } from '../kafka/topic-under-test.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'

const VALUE = Buffer.alloc(1_000, 'x')
const BUDGET_BYTES = 20_000
const MAX_RECORDS = 20
const WAITING = 400
const DUE = 50
const LONGEST_MS = 4_000
/** Far above what it takes; a machine that is busy with other things must not fail this. */
const LATE_MS = 5_000
const CLOCKS_DIFFER_MS = 20

class MeasuredBudget extends ByteBudget {
  mostBytes = 0
  largestRecord = 0

  override take(bytes: number): void {
    this.largestRecord = Math.max(this.largestRecord, bytes)
    super.take(bytes)
    this.mostBytes = Math.max(this.mostBytes, this.usedBytes)
  }
}

for (const [what, { maxWaiting, budgetBytes }] of Object.entries({
  'fits into memory': { maxWaiting: 1_000, budgetBytes: BUDGET_BYTES },
  'may wait': { maxWaiting: 100, budgetBytes: 10_000_000 },
}))
  test(`more waits than ${what}: what is due goes through, and everything goes once and in its time`, async () => {
    const { brokers } = sharedStack()
    const database = await migratedDatabase({ after })
    const topics = {
      orders: uniqueName('orders'),
      retries: uniqueName('retry'),
      deadLetters: uniqueName('dlq'),
    }
    for (const topic of Object.values(topics)) await createTopic(brokers, topic, 1)
    const settings = { brokers: brokers.split(','), clientId: 'test' }
    await using producer = openProducer(settings, { giveUpAfterMs: 10_000, onError: () => {} })
    const startMs = Date.now()
    const put = Array.from({ length: WAITING + DUE }, (_, at) => ({
      // The last ones are due at once, behind all that wait; the others in no order of their offsets.
      notBeforeMs:
        at < WAITING ? startMs + 1_500 + ((at * 7_919) % WAITING) * (LONGEST_MS / WAITING) : startMs,
      at,
    }))
    await producer.send(
      put.map(({ notBeforeMs, at }) => ({
        topic: topics.retries,
        key: Buffer.from(String(at)),
        value: VALUE,
        headers: [[Buffer.from('retry-not-before'), Buffer.from(String(Math.round(notBeforeMs)))]] as const,
      })),
    )

    await using cluster = openCluster(settings, () => {})
    await using fetchLoop = new FetchLoop(settings, () => {})
    const budget = new MeasuredBudget(budgetBytes)
    const settled: { readonly key: number; readonly atMs: number }[] = []
    const circuit = new Circuit({
      probe: async () => {},
      random: Math.random,
      opened: () => {},
      closed: () => {},
    })
    const worker = new RetryPartition({
      consumerGroup: 'group',
      topic: topics.retries,
      partition: 0,
      instanceId: 'test',
      log: {
        topic: (name) => cluster.topic(name),
        range: (topic, partition) => cluster.range(topic, partition),
        open: (at) => fetchLoop.open(at),
        commitCopy: () => {},
      },
      ledger: postgresRetryLedger(database.pool, 'test'),
      topics,
      maxRetries: 3,
      capMs: 60_000,
      produce: async (records) => {
        await producer.send(records)
        return []
      },
      limits: () => ({ maxRecords: MAX_RECORDS, maxBytes: 100_000, lingerMs: 0 }),
      budget,
      maxWaiting,
      clock: SYSTEM_CLOCK,
      events: { held: () => {}, flowing: () => {}, fenced: () => {}, expired: () => {}, settled: () => {} },
      circuits: { database: circuit, kafka: circuit },
      onSettled: (records: readonly DueRecord[]) => {
        const atMs = Date.now()
        for (const { record } of records) settled.push({ key: Number(record.key?.toString()), atMs })
      },
      idleCheckMs: 5_000,
      random: Math.random,
    })
    try {
      await waitUntil(() => settled.length >= DUE, { deadlineMs: 10_000, what: 'what is due is sent' })
      const first = settled.slice(0, DUE)
      assert.ok(
        first.every(({ key }) => key >= WAITING),
        'what is due goes before all that wait',
      )
      assert.equal(worker.waiting.records, Math.min(WAITING, maxWaiting))
      assert.equal(worker.waiting.notHeld > WAITING / 2, budgetBytes === BUDGET_BYTES, 'most did not fit')
      await waitUntil(() => settled.length >= put.length, {
        deadlineMs: LONGEST_MS + 15_000,
        what: 'all are sent',
      })
      for (const { key, atMs } of settled) {
        const notBeforeMs = put[key]?.notBeforeMs ?? Infinity
        assert.ok(
          atMs > notBeforeMs - CLOCKS_DIFFER_MS,
          `${key} was sent ${notBeforeMs - atMs} ms before its time`,
        )
        if (key < WAITING) assert.ok(atMs - notBeforeMs < LATE_MS, `${key} was ${atMs - notBeforeMs} ms late`)
      }
    } finally {
      await worker.stop()
    }
    // What is due is taken on top of what fits, but no more than is read at a time.
    assert.ok(
      budget.mostBytes <= budgetBytes + MAX_RECORDS * budget.largestRecord,
      `${budget.mostBytes} bytes`,
    )
    assert.equal(budget.usedBytes, 0)
    const back = await readTopic(brokers, topics.orders)
    assert.deepEqual(
      back.map(({ key }) => Number(key?.toString())).toSorted((a, b) => a - b),
      put.map(({ at }) => at),
    )
    const [row] = await database.rows(
      `select next_offset::int, forwarded::int, forwarded_ahead::text as ahead from ledger where topic = $1`,
      [topics.retries],
    )
    assert.deepEqual(row, { next_offset: put.length, forwarded: put.length, ahead: '{}' })
  })
