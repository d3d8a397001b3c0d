import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecordsBatch } from '@platformatic/kafka'
import { decodePartition } from '../../src/kafka/fetch-decode.ts'
import { roomForAnswer } from '../../src/kafka/record-batch.ts'

const LENGTH_AT = 8

/** A batch of ten records as it lies in a log from this offset on. */
function batchAt(first: number): Buffer {
  const messages = Array.from({ length: 10 }, (_, n) => ({
    topic: 't',
    partition: 0,
    value: Buffer.from(String(first + n)),
    timestamp: 1_700_000_000_000n,
  }))
  const batch = Buffer.from(createRecordsBatch(messages).buffer)
  batch.writeBigInt64BE(BigInt(first), 0)
  return batch
}

function decode(
  batches: readonly Buffer[],
  position: number,
  answer: { highWatermark?: number; isFirst?: boolean } = {},
) {
  const { highWatermark = 30, isFirst = true } = answer
  const fetched = { topicId: '', partition: 0, errorCode: 0, highWatermark, isFirst, aborted: [] }
  const decoded = decodePartition(
    't',
    { ...fetched, batches: Buffer.concat(batches) },
    position,
    roomForAnswer(),
  )
  const { unreadable } = decoded
  return {
    offsets: decoded.records.map(({ offset }) => offset),
    position: decoded.position,
    bad: unreadable && [unreadable.first, unreadable.to, unreadable.why],
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)
const MISPLACED = 'its offsets contradict those around it'

/** Batches that should lie one after the other, the second of them changed. */
function threeWith(change: (second: Buffer) => void): Buffer[] {
  const second = batchAt(10)
  change(second)
  return [batchAt(0), second, batchAt(20)]
}

describe('a fetched partition', () => {
  it('gives its records from the position on, also in the middle of a batch, and over gaps', () => {
    assert.deepEqual(decode([batchAt(0), batchAt(10), batchAt(20)], 7), {
      offsets: range(7, 30),
      position: 30,
      bad: undefined,
    })
    const compacted = [batchAt(0), batchAt(100)]
    assert.deepEqual(decode(compacted, 0, { highWatermark: 110 }).offsets, [
      ...range(0, 10),
      ...range(100, 110),
    ])
    assert.deepEqual(decode([batchAt(50)], 7, { highWatermark: 60 }).offsets, range(50, 60))
    // The broker may see its log end before it sees what it sends.
    assert.deepEqual(decode([batchAt(0), batchAt(10)], 0, { highWatermark: 10 }).offsets, range(0, 20))
  })

  it('has timestamps that books and dates can hold, whatever a producer wrote', () => {
    const stamped = (timestamp: bigint): number[] => {
      const messages = [{ topic: 't', partition: 0, value: Buffer.from('{}'), timestamp }]
      const batches = Buffer.from(createRecordsBatch(messages).buffer)
      const fetched = {
        topicId: '',
        partition: 0,
        errorCode: 0,
        highWatermark: 1,
        isFirst: true,
        aborted: [],
      }
      const { records } = decodePartition('t', { ...fetched, batches }, 0, roomForAnswer())
      return records.map(({ timestampMs }) => timestampMs)
    }
    assert.deepEqual(stamped(2n ** 63n - 1n), [8_640_000_000_000_000])
    assert.deepEqual(stamped(-(2n ** 63n)), [-1])
    assert.deepEqual(stamped(-1n), [-1])
    assert.deepEqual(stamped(1_700_000_000_000n), [1_700_000_000_000])
  })

  it('leaves out what came only in part', () => {
    const cut = Buffer.concat([batchAt(0), batchAt(10)]).subarray(0, -5)
    assert.deepEqual(decode([cut], 0), { offsets: range(0, 10), position: 10, bad: undefined })
    assert.deepEqual(decode([batchAt(0).subarray(0, 40)], 0, { isFirst: false }), {
      offsets: [],
      position: 0,
      bad: undefined,
    })
  })

  it('ends at a batch that is not what was sent to the broker', () => {
    const damaged = threeWith((batch) => batch.writeUInt8(batch.readUInt8(100) ^ 4, 100))
    assert.deepEqual(decode(damaged, 0), {
      offsets: range(0, 10),
      position: 10,
      bad: [10, 20, 'its checksum is wrong'],
    })
    const older = threeWith((batch) => batch.writeInt8(1, 16))
    assert.deepEqual(decode(older, 0).bad, [10, 20, 'its format is version 1'])
  })

  it('ends at a batch whose offsets, which no checksum covers, contradict those around it', () => {
    for (const elsewhere of [0n, 5n, 15n, 1_000n]) {
      const shifted = threeWith((batch) => batch.writeBigInt64BE(elsewhere, 0))
      const { offsets, bad } = decode(shifted, 0)
      assert.deepEqual([offsets, bad], [range(0, 10), [10, 20, MISPLACED]], `moved to ${elsewhere}`)
    }
    const last = batchAt(1_000)
    assert.deepEqual(decode([batchAt(0), last], 0, { highWatermark: 20 }).bad, [10, 20, MISPLACED])
    assert.deepEqual(decode([batchAt(0), batchAt(20)], 10).bad, [10, 20, MISPLACED])
  })

  it('ends where the length of its batch is wrong, since a broker sends the first one whole', () => {
    const [, longer = Buffer.alloc(0)] = threeWith((batch) => batch.writeInt32BE(9_999, LENGTH_AT))
    assert.deepEqual(decode([longer], 10).bad, [10, undefined, 'its length is wrong'])
    const [, shorter = Buffer.alloc(0)] = threeWith((batch) => batch.writeInt32BE(5, LENGTH_AT))
    assert.equal(decode([shorter, batchAt(20)], 10).bad?.[0], 10)
  })
})
