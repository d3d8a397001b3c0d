import { ascii } from './canonical-layout.ts'
import { writeSecond } from './instant.ts'
import { BACKSLASH, FIRST_PRINTABLE, QUOTE, ZERO } from './json-bytes.ts'

/** Up to there digits are written here, which is faster than a call into the runtime. */
const SMALL = 0x8000_0000
const FIRST_BYTES = 4_096
/** Of `2021-11-26T06:22:19`. */
const SECOND_BYTES = 19
const END_OF_INSTANT = ascii('Z"')

/**
 * Writes the canonical form of one order after the other, piece by piece and byte by byte: the same bytes as
 * `canonicalBytes`, but without an object or a string for each field. The pieces come in the order of the form.
 */
export class CanonicalWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #at = 0

  /** Text of the form itself. */
  literal(text: Uint8Array): void {
    this.#reserve(text.length)
    this.#bytes.set(text, this.#at)
    this.#at += text.length
  }

  /** The UTF-8 text from `start` to `end` of `source`, and the quote behind it. */
  text(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start + 1)
    const bytes = this.#bytes
    let at = this.#at
    for (let from = start; from < end; from++) {
      const byte = source[from] ?? 0
      if (byte < FIRST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) {
        this.#escaped(source.toString('utf8', start, end))
        return
      }
      bytes[at++] = byte
    }
    bytes[at++] = QUOTE
    this.#at = at
  }

  /** `value` is a whole number. */
  integer(value: number): void {
    if (value < 0 || value >= SMALL) {
      this.#ascii(String(value))
      return
    }
    this.#reserve(10)
    let digits = 1
    for (let limit = 10; value >= limit; limit *= 10) digits++
    let rest = value
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const tenth = Math.floor(rest / 10)
      this.#bytes[at] = ZERO + rest - tenth * 10
      rest = tenth
    }
    this.#at += digits
  }

  /** An instant, and the quote behind it. */
  instant(epochSecond: number, micros: number): void {
    this.#reserve(SECOND_BYTES)
    writeSecond(this.#bytes, this.#at, epochSecond)
    this.#at += SECOND_BYTES
    if (micros > 0) this.#ascii(`.${String(micros).padStart(6, '0').replace(/0+$/, '')}`)
    this.literal(END_OF_INSTANT)
  }

  /** What was written since the last call, in memory of its own. */
  take(): Buffer {
    const own = Buffer.allocUnsafeSlow(this.#at)
    this.#bytes.copy(own, 0, 0, this.#at)
    this.#at = 0
    return own
  }

  #escaped(text: string): void {
    const escaped = Buffer.from(JSON.stringify(text).slice(1))
    this.#reserve(escaped.length)
    this.#at += escaped.copy(this.#bytes, this.#at)
  }

  #ascii(text: string): void {
    this.#reserve(text.length)
    this.#at += this.#bytes.write(text, this.#at, 'latin1')
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#at + bytes, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
