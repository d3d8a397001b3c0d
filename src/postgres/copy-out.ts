import { Query } from 'pg'
import { EPOCH_2000 } from '../order/instant.ts'
import type { Connection } from './database.ts'

const FIRST_BYTES = 65_536

/**
 * Runs `copy (…) to stdout (format binary)`. Cheaper than a query for both ends: the server formats no number
 * and no instant, and the driver makes no string of each field and no array of each row.
 */
export function copyOut(client: Connection, statement: string): Promise<CopiedRows> {
  return new Promise((resolve, reject) => {
    const answer = new CopyAnswer(statement, (error) => {
      if (error) reject(error)
      else resolve(new CopiedRows(answer.bytes))
    })
    client.query(answer)
  })
}

/** Everything else about it is as with any query of the driver, time-outs included. */
class CopyAnswer extends Query {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The driver uses the chunk's memory again. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const length = this.#length + chunk.length
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    chunk.copy(this.#bytes, this.#length)
    this.#length = length
  }
}

/** Signature, flags, and the length of an extension that there is not. */
const HEADER_BYTES = 19
const FIELDS_BYTES = 2
const LENGTH_BYTES = 4

/** Rows in the binary format of `copy`, field by field: each is to be asked for as what it is. */
export class CopiedRows {
  readonly bytes: Buffer
  /** Of the field that was read last. */
  start = 0
  end = 0
  /** Of the instant that was read last: whole seconds since 1970, and the microseconds of that second. */
  epochSecond = 0
  micros = 0
  #at = HEADER_BYTES

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Where the next row begins. */
  get at(): number {
    return this.#at
  }

  /** Goes on with the row that begins at `at`. */
  seek(at: number): void {
    this.#at = at
  }

  /** Begins a row, and tells how many fields it has; −1 when there are no more rows. */
  row(): number {
    const fields = this.bytes.readInt16BE(this.#at)
    if (fields >= 0) this.#at += FIELDS_BYTES
    return fields
  }

  /** The next field, from `start` to `end`; false when it is null. */
  field(): boolean {
    const length = this.bytes.readInt32BE(this.#at)
    this.start = this.#at + LENGTH_BYTES
    this.end = this.start + Math.max(0, length)
    this.#at = this.end
    return length >= 0
  }

  text(): string {
    this.field()
    return this.bytes.toString('utf8', this.start, this.end)
  }

  /** Beyond 2^53 it is rounded. */
  int8(): number {
    this.field()
    return this.bytes.readInt32BE(this.start) * 0x1_0000_0000 + this.bytes.readUInt32BE(this.start + 4)
  }

  /** Puts it into `epochSecond` and `micros`. */
  instant(): void {
    this.field()
    const high = this.bytes.readInt32BE(this.start)
    // 2^32 are 4,294 seconds and 967,296 microseconds. In microseconds, an instant is beyond 2^53.
    const micros = high * 967_296 + this.bytes.readUInt32BE(this.start + 4)
    const seconds = Math.floor(micros / 1_000_000)
    this.epochSecond = high * 4_294 + seconds + EPOCH_2000
    this.micros = micros - seconds * 1_000_000
  }
}
