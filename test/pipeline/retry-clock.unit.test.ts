import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from '../../src/pipeline/byte-budget.ts'
import { Circuit } from '../../src/pipeline/circuit.ts'
import type { PartitionReader } from '../../src/pipeline/log.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { RetryRow } from '../../src/pipeline/retry-ledger.ts'
import { RetryPartition } from '../../src/pipeline/retry-partition.ts'
import { header, recordAt, TOPIC_ID } from './made-up-records.ts'
import { afterEverything } from './simulated-time.ts'

const START_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const CAP_MS = 5 * MINUTE_MS

/** A clock that is moved by hand, and a worker that waits by it for nothing else. */
class WorkerWithClock {
  wallMs = START_MS
  monotonicMs = 0
  readonly sent: number[] = []
  readonly worker: RetryPartition
  #wake: Array<() => void> = []
  #records: SourceRecord[]
  readonly #row = { nextOffset: 0, version: 0 }

  constructor(notBefores: readonly number[]) {
    this.#records = notBefores.map((notBeforeMs, offset) =>
      recordAt(offset, {
        topic: 'retry',
        timestampMs: START_MS,
        headers: [header('retry-not-before', String(notBeforeMs))],
      }),
    )
    const end = notBefores.length
    const circuit = new Circuit({
      probe: async () => {},
      random: () => 0,
      opened: () => {},
      closed: () => {},
    })
    this.worker = new RetryPartition({
      consumerGroup: 'group',
      topic: 'retry',
      partition: 0,
      instanceId: 'test',
      log: {
        topic: async () => ({ id: TOPIC_ID, partitionCount: 1 }),
        range: async () => ({ start: 0, end, leaderEpoch: 0 }),
        open: () => this.#reader(end),
        commitCopy: () => {},
      },
      ledger: {
        open: async () => this.#rowNow(),
        read: async () => this.#rowNow(),
        settle: async (_, __, work) => {
          this.#row.nextOffset = (await work()).to
          this.#row.version++
          return 'committed'
        },
        bookGoneTopics: async () => 0,
      },
      topics: { orders: 'orders', deadLetters: 'dead-letters' },
      maxRetries: 3,
      capMs: CAP_MS,
      produce: async (records) => {
        for (const { key } of records) this.sent.push(Number(key?.toString().slice('key-'.length)))
        return []
      },
      limits: () => ({ maxRecords: 100, maxBytes: 1_000_000, lingerMs: 0 }),
      budget: new ByteBudget(1_000_000),
      maxWaiting: 100,
      clock: {
        wallMs: () => this.wallMs,
        monotonicMs: () => this.monotonicMs,
        sleep: () => this.#sleep(),
      },
      circuits: { database: circuit, kafka: circuit },
      events: { held: () => {}, flowing: () => {}, fenced: () => {}, expired: () => {}, settled: () => {} },
      onSettled: () => {},
      idleCheckMs: 5_000,
      random: () => 0,
    })
  }

  /** Both clocks go on, and whatever became due happens. */
  async pass(ms: number): Promise<void> {
    this.wallMs += ms
    this.monotonicMs += ms
    for (const wake of this.#wake.splice(0)) wake()
    for (let round = 0; round < 10; round++) await afterEverything()
  }

  #rowNow(): RetryRow {
    return {
      ...this.#row,
      writtenBy: 'test',
      fingerprint: undefined,
      ahead: { forwarded: [], deadLettered: [] },
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #reader(end: number): PartitionReader {
    const read = (): number => this.#records[0]?.offset ?? end
    let closed = false
    return {
      get position() {
        return end
      },
      get nextRecord() {
        return read()
      },
      logEnd: end,
      get ended() {
        return closed ? ('closed' as const) : undefined
      },
      take: (count) => this.#records.splice(0, count),
      readable: () => (closed ? Promise.resolve() : this.#sleep()),
      close: () => {
        closed = true
        for (const wake of this.#wake.splice(0)) wake()
      },
    }
  }
}

const WAITS = [MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS].map((ms) => START_MS + ms)

for (const [what, jumpMs] of [
  ['ahead', HOUR_MS],
  ['back', -HOUR_MS],
] as const) {
  test(`a wall clock that jumps an hour ${what} changes nothing for those that wait`, async () => {
    const clock = new WorkerWithClock(WAITS)
    await clock.pass(1_000)
    clock.wallMs += jumpMs
    await clock.pass(50_000)
    assert.deepEqual(clock.sent, [])
    await clock.pass(MINUTE_MS)
    assert.deepEqual(clock.sent, [0])
    await clock.pass(2 * MINUTE_MS)
    assert.deepEqual(clock.sent, [0, 1, 2])
    await clock.worker.stop()
  })
}

test('times written by a clock that is an hour ahead are waited for no longer than the longest backoff', async () => {
  const clock = new WorkerWithClock(WAITS.map((ms) => ms + HOUR_MS))
  await clock.pass(CAP_MS - 1_000)
  assert.deepEqual(clock.sent, [])
  await clock.pass(2_000)
  assert.deepEqual(clock.sent, [0, 1, 2])
  await clock.worker.stop()
})
