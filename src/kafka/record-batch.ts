import { crc32c } from '@platformatic/kafka'
import type { Header } from '../pipeline/record.ts'
import { toNumber } from './client.ts'
import { inflate } from './inflate.ts'

/** A batch as it lies in the log: what its header says, and its records, still compressed. */
export interface Batch {
  readonly first: number
  /** One above its last offset, which need not hold a record any more. */
  readonly end: number
  readonly magic: number
  readonly leaderEpoch: number
  readonly crc: number
  readonly codec: number
  readonly stampedByBroker: boolean
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly firstTimestampMs: number
  readonly maxTimestampMs: number
  readonly producerId: bigint
  readonly count: number
  /** What the checksum covers. */
  readonly covered: Buffer
  readonly compressed: Buffer
}

export interface BatchRecord {
  readonly offsetDelta: number
  readonly timestampDeltaMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly length: number
}

/** What may still be made of the batches of one answer. */
export interface AnswerRoom {
  inflatedBytes: number
  /** Records and headers: a few bytes can stand for an object of some hundred. */
  objects: number
}

export type ReadRecords =
  | { readonly type: 'records'; readonly records: readonly BatchRecord[] }
  /** Nothing is wrong with it, but others of this answer took the room. */
  | { readonly type: 'later' }
  | { readonly type: 'unreadable'; readonly why: string }

const MAX_INFLATED_BYTES = 64 * 1_048_576
/** As many as an answer of 2 MiB could hold without compression. */
const MAX_OBJECTS = 1_000_000

/** The only one since Kafka 0.11. Behind it, places in its layout. */
const VERSION = 2
const FRAME_BYTES = 12
const COVERED_FROM = 21
const RECORDS_FROM = 61
const CODEC = 0b111
const LOG_APPEND_TIME = 1 << 3
const TRANSACTIONAL = 1 << 4
const CONTROL = 1 << 5

export function roomForAnswer(): AnswerRoom {
  return { inflatedBytes: MAX_INFLATED_BYTES, objects: MAX_OBJECTS }
}

/** All whole batches, in order; the last one of an answer is often cut. */
export function batchesIn(bytes: Buffer): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at + RECORDS_FROM <= bytes.length;) {
    const end = at + FRAME_BYTES + bytes.readInt32BE(at + 8)
    if (end > bytes.length || end < at + RECORDS_FROM) break
    batches.push(readHeader(bytes.subarray(at, end)))
    at = end
  }
  return batches
}

function readHeader(bytes: Buffer): Batch {
  const first = toNumber(bytes.readBigInt64BE(0))
  const attributes = bytes.readInt16BE(21)
  return {
    first,
    end: first + bytes.readInt32BE(23) + 1,
    leaderEpoch: bytes.readInt32BE(12),
    magic: bytes.readInt8(16),
    crc: bytes.readUInt32BE(17),
    codec: attributes & CODEC,
    stampedByBroker: (attributes & LOG_APPEND_TIME) !== 0,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    firstTimestampMs: Number(bytes.readBigInt64BE(27)),
    maxTimestampMs: Number(bytes.readBigInt64BE(35)),
    producerId: bytes.readBigInt64BE(43),
    count: bytes.readInt32BE(57),
    covered: bytes.subarray(COVERED_FROM),
    compressed: bytes.subarray(RECORDS_FROM),
  }
}

/** Why it is not the batch that the broker was sent; it does not look again when it serves it. */
export function damageOf({ magic, crc, covered }: Batch): string | undefined {
  if (magic !== VERSION) return `its format is version ${magic}`
  return crc32c(covered) === crc ? undefined : 'its checksum is wrong'
}

/** Takes what it makes out of `room`. Bytes of the batch are not copied: keys and values are slices of them. */
export function readRecords(batch: Batch, room: AnswerRoom): ReadRecords {
  const whole = room.inflatedBytes === MAX_INFLATED_BYTES && room.objects === MAX_OBJECTS
  const tooMuch = (what: string): ReadRecords =>
    whole ? { type: 'unreadable', why: `it holds more than ${what}` } : { type: 'later' }
  const inflated =
    batch.codec === 0
      ? ({ type: 'inflated', bytes: batch.compressed } as const)
      : inflate(batch.codec, batch.compressed, room.inflatedBytes)
  if (inflated.type === 'too_large') return tooMuch(`${MAX_INFLATED_BYTES / 1_048_576} MiB once inflated`)
  if (inflated.type === 'damaged') return { type: 'unreadable', why: inflated.why }
  const cursor = new Cursor(inflated.bytes, room.objects)
  try {
    const records = Array.from({ length: batch.count }, () => cursor.record())
    if (batch.codec !== 0) room.inflatedBytes -= inflated.bytes.length
    room.objects = cursor.objectsLeft
    return { type: 'records', records }
  } catch (error) {
    if (error instanceof TooManyObjects) return tooMuch(`${MAX_OBJECTS} records and headers`)
    return { type: 'unreadable', why: 'its records are not what its header says' }
  }
}

/** What a producer of orders writes, and nothing else. Nearly every record has it, so it is made once. */
const FIRST_ATTEMPT: readonly Header[] = [[Buffer.from('retry'), Buffer.from('0')]]
/** The same as it lies in a record: their number, then each length and its bytes. */
const FIRST_ATTEMPT_BYTES = Buffer.from([2, 10, ...Buffer.from('retry'), 2, ...Buffer.from('0')])

class TooManyObjects extends Error {}

/** Reads records one after the other; throws a RangeError where there are none. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0
  objectsLeft: number

  constructor(bytes: Buffer, objectsLeft: number) {
    this.#bytes = bytes
    this.objectsLeft = objectsLeft
  }

  record(): BatchRecord {
    this.#take(1)
    const length = this.#varint()
    const end = this.#at + length
    this.#at++ // attributes, of which none is defined
    const timestampDeltaMs = this.#varint()
    const offsetDelta = this.#varint()
    const key = this.#slice()
    const value = this.#slice()
    const headers = this.#headers()
    if (this.#at !== end) throw new RangeError('a record ends elsewhere than it says')
    return { offsetDelta, timestampDeltaMs, key, value, headers, length }
  }

  #headers(): readonly Header[] {
    const at = this.#at
    const end = at + FIRST_ATTEMPT_BYTES.length
    if (end <= this.#bytes.length && this.#bytes.compare(FIRST_ATTEMPT_BYTES, 0, undefined, at, end) === 0) {
      this.#take(1)
      this.#at = end
      return FIRST_ATTEMPT
    }
    const count = this.#varint()
    this.#take(count)
    const headers: Header[] = []
    for (let index = 0; index < count; index++) {
      const name = this.#slice()
      if (name === null) throw new RangeError('a header without a name')
      headers.push([name, this.#slice()])
    }
    return headers
  }

  /** Before they are made: what is counted here may be a thousand times larger than its bytes. */
  #take(objects: number): void {
    this.objectsLeft -= objects
    if (this.objectsLeft < 0) throw new TooManyObjects()
  }

  #slice(): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('longer than its batch')
    const slice = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return slice
  }

  /** Zigzag: even numbers stand for 0, 1, 2 …, odd ones for −1, −2 … */
  #varint(): number {
    const only = this.#bytes[this.#at] ?? 0x80
    if (only < 0x80) {
      this.#at++
      return (only >>> 1) ^ -(only & 1)
    }
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || factor > 2 ** 63) throw new RangeError('no number')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }
}
