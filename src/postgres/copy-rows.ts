import { finished } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { BACKSLASH } from '../order/json-bytes.ts'
import type { Connection } from './database.ts'

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const END_OF_ROWS = -1
const NOTHING = Buffer.alloc(0)
const FIRST_BYTES = 65_536
/** Buffers that rows left behind, for the next ones: batches come one after the other, and large ones cost. */
const kept: Buffer[] = []
/** Of each table one, for every connection that stores. */
const KEPT_AT_MOST = 16
/** Rows of hostile sizes are not worth remembering. */
const KEPT_BYTES = 1_048_576
/** In bytes or code units; up to there a loop is faster than a call into the runtime. */
const SHORT_TEXT = 40

/**
 * Rows in the binary format of `copy` (PostgreSQL, "COPY", Binary Format): for each the number of its fields,
 * then each field as its length and its bytes. Cheaper for the server than an `insert`, which it suits where
 * no row can be there already.
 */
export class CopyRows {
  #bytes: Buffer = kept.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length)
  #at = SIGNATURE.copy(this.#bytes)

  row(fields: number): void {
    this.#reserve(2)
    this.#view.setInt16(this.#at, fields)
    this.#at += 2
  }

  /** The string must be well-formed and without U+0000. */
  text(value: string): void {
    // No code unit takes more than three bytes.
    this.#reserve(4 + value.length * 3)
    const bytes = writeText(this.#bytes, value, this.#at + 4)
    this.#view.setInt32(this.#at, bytes)
    this.#at += 4 + bytes
  }

  /** The UTF-8 text from `start` to `end` of `bytes`, as it stands there. */
  textOf(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    this.#reserve(4 + length)
    const to = this.#at + 4
    if (length > SHORT_TEXT) bytes.copy(this.#bytes, to, start, end)
    else for (let i = 0; i < length; i++) this.#bytes[to + i] = bytes[start + i] ?? 0
    this.#view.setInt32(this.#at, length)
    this.#at = to + length
  }

  /** The same text where a backslash stands for the byte behind it. */
  unescapedTextOf(bytes: Buffer, start: number, end: number): void {
    this.#reserve(4 + end - start)
    const from = this.#at + 4
    let to = from
    for (let i = start; i < end; i++) {
      if (bytes[i] === BACKSLASH) i++
      this.#bytes[to++] = bytes[i] ?? 0
    }
    this.#view.setInt32(this.#at, to - from)
    this.#at = to
  }

  /** A safe integer, as bigint. */
  int8(value: number): void {
    this.#reserve(12)
    const high = Math.floor(value / 0x1_0000_0000)
    this.#view.setInt32(this.#at, 8)
    this.#view.setInt32(this.#at + 4, high)
    this.#view.setUint32(this.#at + 8, value - high * 0x1_0000_0000)
    this.#at += 12
  }

  /** An instant, as microseconds since 2000-01-01T00:00:00Z. */
  timestamp(microseconds: bigint): void {
    this.#reserve(12)
    this.#view.setInt32(this.#at, 8)
    this.#view.setBigInt64(this.#at + 4, microseconds)
    this.#at += 12
  }

  /** As they are: bytea, or the 16 bytes of a uuid. */
  bytes(value: Buffer): void {
    this.#reserve(4 + value.length)
    this.#view.setInt32(this.#at, value.length)
    this.#at += 4 + value.copy(this.#bytes, this.#at + 4)
  }

  int4(value: number): void {
    this.#reserve(8)
    this.#view.setInt32(this.#at, 4)
    this.#view.setInt32(this.#at + 4, value)
    this.#at += 8
  }

  finish(): Buffer {
    this.#reserve(2)
    this.#view.setInt16(this.#at, END_OF_ROWS)
    return this.#bytes.subarray(0, this.#at + 2)
  }

  /** Once the server has them. The rows are gone then. */
  release(): void {
    if (this.#bytes.length <= KEPT_BYTES && kept.length < KEPT_AT_MOST) kept.push(this.#bytes)
    this.#bytes = NOTHING
    this.#view = new DataView(NOTHING.buffer)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#at + bytes, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.length)
  }
}

/** UTF-8 at `at`; returns its length. Short ASCII is written here, which is faster than a call into the runtime. */
export function writeText(bytes: Buffer, text: string, at: number): number {
  if (text.length > SHORT_TEXT) return bytes.write(text, at)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return bytes.write(text, at)
    bytes[at + i] = code
  }
  return text.length
}

/** The driver's own limit on answers does not hold for streams; a server that vanished would be waited for. */
const COPY_WITHIN_MS = 20_000

/** Runs `copy … from stdin (format binary)`; resolves when the server took every row. The rows are gone then. */
export async function copyInto(client: Connection, statement: string, rows: CopyRows): Promise<void> {
  const stream = client.query(copyFrom(statement))
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Error('the server did not take the rows in time')),
    COPY_WITHIN_MS,
  )
  stream.end(rows.finish())
  await Promise.race([finished(stream), promise]).finally(() => clearTimeout(timer))
  // After a failure the driver may still hold on to it.
  rows.release()
}
