import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  fillBatch,
  type Batch,
  type BatchLimits,
  type Filled,
  type ReadingPosition,
} from '../../src/pipeline/batch.ts'
import type { Fingerprint } from '../../src/pipeline/ledger.ts'
import type { PartitionReader, ReaderEnd } from '../../src/pipeline/log.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import { recordAt } from './made-up-records.ts'
import { SimulatedTime } from './simulated-time.ts'

const LIMITS: BatchLimits = { maxRecords: 1_000, maxBytes: 1_000_000, lingerMs: 0 }
const IDLE_AFTER_MS = 5_000

/** A reader, a writer and a clock for one test. Time passes only while the batch waits. */
class Filling implements Disposable {
  readonly #time = new SimulatedTime()
  readonly startedAtMs = Date.now()
  readonly queue: SourceRecord[] = []
  /** What happens while the batch waits, one thing each time. */
  readonly meanwhile: Array<() => void> = []
  readonly position: ReadingPosition = { next: 0, unverified: undefined, leaderEpoch: 0 }
  readonly writer: { busy: Promise<unknown> | undefined; outcome: string } = {
    busy: undefined,
    outcome: 'none',
  }
  ended: ReaderEnd | undefined
  waits = 0
  readonly reader: PartitionReader

  constructor(...offsets: number[]) {
    this.push(...offsets)
    const ended = () => (this.queue.length > 0 ? undefined : this.ended)
    this.reader = {
      position: 0,
      nextRecord: 0,
      logEnd: 0,
      get ended() {
        return ended()
      },
      take: (maxRecords, maxBytes) => this.#take(maxRecords, maxBytes),
      readable: async (timeoutMs) => {
        this.waits++
        const next = this.meanwhile.shift()
        this.#time.advance(next === undefined ? timeoutMs : 1)
        next?.()
      },
      close: () => {},
    }
  }

  [Symbol.dispose](): void {
    this.#time[Symbol.dispose]()
  }

  push(...offsets: number[]): void {
    for (const offset of offsets) this.queue.push(recordAt(offset))
  }

  cut(limits: Partial<BatchLimits> = {}): Promise<Filled<number>> {
    const { reader, position, writer } = this
    return fillBatch(
      reader,
      position,
      { ...LIMITS, ...limits },
      ({ offset }) => offset,
      writer,
      IDLE_AFTER_MS,
    )
  }

  async batch(limits: Partial<BatchLimits> = {}): Promise<Batch<number>> {
    const filled = await this.cut(limits)
    assert.ok(filled.type === 'batch', filled.type)
    return filled.batch
  }

  /** The batch before is being written, until the function that this returns is called. */
  write(): (outcome?: string) => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.writer.busy = promise
    return (outcome = 'committed') => {
      this.writer.outcome = outcome
      this.writer.busy = undefined
      resolve()
    }
  }

  #take(maxRecords: number, maxBytes: number): SourceRecord[] {
    let bytes = 0
    let count = 0
    while (count < maxRecords && count < this.queue.length && (bytes < maxBytes || bytes === 0))
      bytes += this.queue[count++]?.bytes ?? 0
    return this.queue.splice(0, count)
  }
}

test('what is there becomes a batch at once when nothing is being written and no linger time is set', async () => {
  using filling = new Filling(0, 1, 2)
  const { firstTakenAtMs, ...batch } = await filling.batch()
  const fingerprint = { leaderEpoch: 0, timestampMs: 1_700_000_000_002 }
  assert.deepEqual(batch, { from: 0, first: 0, to: 3, items: [0, 1, 2], fingerprint })
  assert.equal(firstTakenAtMs, filling.startedAtMs)
  assert.equal(filling.position.next, 3)
})

test('a batch is cut by the number of its records, and the next one goes on behind it', async () => {
  using filling = new Filling(0, 1, 2, 3, 4)
  const limits = { maxRecords: 2, lingerMs: 60_000 }
  assert.deepEqual((await filling.batch(limits)).items, [0, 1])
  const second = await filling.batch(limits)
  assert.deepEqual([second.from, second.to, second.items], [2, 4, [2, 3]])
})

test('a batch of more records than are prepared in one go holds them all', async () => {
  using filling = new Filling(...Array.from({ length: 900 }, (_, offset) => offset))
  assert.equal((await filling.batch({ maxRecords: 750, lingerMs: 20 })).items.length, 750)
})

test('a batch is cut by bytes, and one record that alone is larger still goes through', async () => {
  using filling = new Filling(0, 1, 2)
  assert.deepEqual((await filling.batch({ maxBytes: 200, lingerMs: 60_000 })).items, [0, 1])
  assert.deepEqual((await filling.batch({ maxBytes: 1, lingerMs: 60_000 })).items, [2])
})

test('the first record of a batch waits for company for the linger time, no longer', async () => {
  using filling = new Filling(0)
  filling.meanwhile.push(() => filling.push(1))
  const { items, firstTakenAtMs } = await filling.batch({ lingerMs: 20 })
  assert.deepEqual(items, [0, 1])
  assert.equal(Date.now() - firstTakenAtMs, 20)
})

test('while the batch before is written, a batch goes on growing beyond its linger time', async () => {
  using filling = new Filling(0)
  const written = filling.write()
  for (let offset = 1; offset < 50; offset++) filling.meanwhile.push(() => filling.push(offset))
  filling.meanwhile.push(() => written())
  assert.equal((await filling.batch({ lingerMs: 10 })).items.length, 50)
})

test('a full batch does not wait for the writer', async () => {
  using filling = new Filling(0, 1)
  filling.write()
  assert.deepEqual((await filling.batch({ maxRecords: 2 })).items, [0, 1])
  assert.equal(filling.waits, 0)
})

for (const outcome of ['fenced', 'failed']) {
  test(`what is filled while the batch before is ${outcome} is dropped`, async () => {
    using filling = new Filling(0)
    const written = filling.write()
    filling.meanwhile.push(() => written(outcome))
    assert.deepEqual(await filling.cut(), { type: 'reader_ended' })
    assert.equal(filling.position.next, 0)
  })
}

test('a partition without records is idle after the idle time', async () => {
  using filling = new Filling()
  assert.deepEqual(await filling.cut(), { type: 'idle' })
  assert.equal(Date.now() - filling.startedAtMs, IDLE_AFTER_MS)
})

test('records that were dropped as old leave a partition idle', async () => {
  using filling = new Filling(3, 4)
  filling.position.next = 5
  assert.deepEqual(await filling.cut(), { type: 'idle' })
})

test('an answer that begins before the position loses its older records only', async () => {
  using filling = new Filling(3, 4, 5, 6)
  filling.position.next = 5
  const { from, first, to, items } = await filling.batch()
  assert.deepEqual([from, first, to, items], [5, 5, 7, [5, 6]])
})

test('offsets without a record before and between records are part of the batch', async () => {
  using filling = new Filling(4, 7)
  filling.position.next = 2
  const { from, first, to, items } = await filling.batch()
  assert.deepEqual([from, first, to, items], [2, 4, 8, [4, 7]])
})

test('a reader that ended leaves nothing behind, what was filled so far is read again', async () => {
  using filling = new Filling(0)
  filling.meanwhile.push(() => (filling.ended = 'closed'))
  assert.deepEqual(await filling.cut({ lingerMs: 60_000 }), { type: 'reader_ended' })
  assert.equal(filling.position.next, 0)
})

const FINGERPRINT: Fingerprint = { leaderEpoch: 0, timestampMs: recordAt(4).timestampMs }
const COMPARED: ReadonlyArray<
  readonly [says: string, unverified: Fingerprint, offsets: readonly number[], type: Filled<number>['type']]
> = [
  ['the record before the position is the one in the books', FINGERPRINT, [4, 5], 'batch'],
  [
    'the record before the position has another timestamp',
    { ...FINGERPRINT, timestampMs: 1 },
    [4, 5],
    'log_cut',
  ],
  [
    'the record before the position has another epoch',
    { ...FINGERPRINT, leaderEpoch: -1 },
    [4, 5],
    'log_cut',
  ],
  [
    'the record before the position is another one, and the last',
    { ...FINGERPRINT, timestampMs: 1 },
    [4],
    'log_cut',
  ],
  ['the record before the position is gone', { ...FINGERPRINT, timestampMs: 1 }, [5, 6], 'batch'],
  ['only records before that one came', { ...FINGERPRINT, timestampMs: 1 }, [2, 3], 'idle'],
]

for (const [says, unverified, offsets, type] of COMPARED) {
  test(`a log is compared with the books once: ${says} → ${type}`, async () => {
    using filling = new Filling(...offsets)
    Object.assign(filling.position, { next: 5, unverified })
    assert.equal((await filling.cut()).type, type)
    const compared = offsets.some((offset) => offset >= 4)
    assert.equal(filling.position.unverified, compared ? undefined : unverified)
  })
}

test('a record of a later leader epoch ends the filling before it is taken: the log may have been cut', async () => {
  using filling = new Filling(0)
  filling.queue.push(recordAt(1, { leaderEpoch: 1 }))
  assert.deepEqual(await filling.cut(), { type: 'new_leader' })
  assert.equal(filling.position.next, 0)
})

test('records of earlier leader epochs are in every log that ever moved', async () => {
  using filling = new Filling(0)
  filling.position.leaderEpoch = 9
  assert.deepEqual((await filling.batch()).items, [0])
})
