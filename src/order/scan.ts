import { isUtf8 } from 'node:buffer'
import {
  BEFORE_ITEMS,
  DELIVERY,
  HEAD,
  ITEM,
  PAYMENT,
  TAIL,
  type Kind,
  type Part,
} from './canonical-layout.ts'
import { epochSecondsAt } from './instant.ts'
import { BACKSLASH, BEGINS_WHITE_SPACE, FIRST_PRINTABLE, QUOTE, UID_BYTES, ZERO } from './json-bytes.ts'
import { keepNumbers } from './shared-numbers.ts'

/**
 * An order whose record is spelled canonically, as the places of its fields in the record's own bytes: what
 * nearly every producer sends, read without building a single object or string for a field.
 */
export interface ScannedOrder {
  readonly uid: string
  /** The record's value, which is the canonical form. */
  readonly bytes: Buffer
  /**
   * In the order of the canonical form: for a text its start and its end in `bytes`, for an integer the
   * integer, for the instant its whole seconds since 1970 and its microseconds.
   */
  readonly fields: Float64Array
  /** Where this order's begin in `fields`, which it shares with others: an array of its own would be one more to collect. */
  readonly start: number
  readonly itemCount: number
  /** A text has a quote or a backslash, spelled with a backslash before it. */
  readonly hasEscapes: boolean
}

const DELIVERY_AT = HEAD.numbers
const PAYMENT_AT = DELIVERY_AT + DELIVERY.numbers
const ITEMS_AT = PAYMENT_AT + PAYMENT.numbers

/** Where each part begins in `fields`; the order's own fields come in two parts, before and behind the others. */
export const PARTS_AT = { head: 0, delivery: DELIVERY_AT, payment: PAYMENT_AT } as const

/** Of item `index`; of `itemCount`, it is where the tail begins. */
export function itemAt(index: number): number {
  return ITEMS_AT + index * ITEM.numbers
}

/**
 * Reads a value that is spelled exactly as the canonical form is: nothing it accepts would read otherwise by
 * `readOrder`, and its bytes are its canonical form. Undefined is no verdict: whatever is spelled otherwise,
 * has a rare escape in a text, or breaks a rule is for `readOrder` to read, and to explain.
 */
export function scanOrder(value: Buffer): ScannedOrder | undefined {
  const scanner = new Scanner(value)
  if (!scanner.all(HEAD) || !scanner.all(DELIVERY) || !scanner.all(PAYMENT) || !scanner.literal(BEFORE_ITEMS))
    return undefined
  let itemCount = 0
  do {
    if (++itemCount > MAX_SCANNED_ITEMS || !scanner.all(ITEM) || !scanner.byte(CLOSE_OBJECT)) return undefined
  } while (scanner.byte(COMMA))
  if (!scanner.all(TAIL) || !scanner.byte(CLOSE_OBJECT) || !scanner.finished()) return undefined
  const { fields, start } = scanner.keep()
  return {
    uid: value.toString('latin1', fields[start], fields[start + 1]),
    bytes: value,
    fields,
    start,
    itemCount,
    hasEscapes: scanner.hasEscapes,
  }
}

const COMMA = 0x2c
const DOT = 0x2e
const AT_SIGN = 0x40
const LETTER_Z = 0x5a
const CLOSE_OBJECT = 0x7d
const FIRST_BEYOND_ASCII = 0x80
/** As many as PostgreSQL keeps of a second. */
const FRACTION_DIGITS = 6

/** More of them are so rare that they may be read the slow way. */
const MAX_SCANNED_ITEMS = 1_000
/** Of the order that is being scanned. */
const found = new Float64Array(itemAt(MAX_SCANNED_ITEMS) + TAIL.numbers)

/**
 * Goes through one value from the front; every method is false where the value is not what is asked for. After
 * one read beyond its end, the engine would make all later ones ready for that, and those of good orders slow.
 */
class Scanner {
  readonly #bytes: Buffer
  #at = 0
  #count = 0
  #isAscii = true
  hasEscapes = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  keep(): Pick<ScannedOrder, 'fields' | 'start'> {
    return keepNumbers(found, this.#count)
  }

  /** Everything was read, and it is UTF-8. */
  finished(): boolean {
    return this.#at === this.#bytes.length && (this.#isAscii || isUtf8(this.#bytes))
  }

  all({ steps }: Part): boolean {
    for (const { lead, kind, max } of steps) if (!this.literal(lead) || !this.#field(kind, max)) return false
    return true
  }

  literal(expected: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    if (at + expected.length > bytes.length) return false
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
    this.#at = at + expected.length
    return true
  }

  byte(expected: number): boolean {
    if (this.#at === this.#bytes.length || this.#bytes[this.#at] !== expected) return false
    this.#at++
    return true
  }

  #field(kind: Kind, max: number): boolean {
    if (kind === 'integer') return this.#integer()
    if (kind === 'instant') return this.#instant()
    if (!this.#text(kind === 'text or nothing' ? 0 : 1, max)) return false
    if (kind === 'uid') return this.#isUid()
    if (kind === 'email') return this.#isEmail()
    return kind !== 'currency' || this.#isCurrency()
  }

  /** Up to the quote behind it; lengths are in code points. */
  #text(min: number, max: number): boolean {
    const bytes = this.#bytes
    const start = this.#at
    const end = bytes.length
    let at = start
    let continuations = 0
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (byte === QUOTE) break
      if (byte < FIRST_PRINTABLE) return false
      if (byte === BACKSLASH) {
        if (++at === end || (bytes[at] !== QUOTE && bytes[at] !== BACKSLASH)) return false
        this.hasEscapes = true
        continuations++
      } else if (byte >= FIRST_BEYOND_ASCII) {
        this.#isAscii = false
        if (byte < 0xc0) continuations++
      }
    }
    const length = at - start - continuations
    if (at >= end || length < min || length > max) return false
    found[this.#count++] = start
    found[this.#count++] = at
    this.#at = at + 1
    return true
  }

  /** Digits without a sign, leading zeros or an exponent, up to 2^53 − 1. */
  #integer(): boolean {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let value = 0
    while (at < bytes.length) {
      const digit = (bytes[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      at++
    }
    if (at === start || value > Number.MAX_SAFE_INTEGER) return false
    if (bytes[start] === ZERO && at > start + 1) return false
    found[this.#count++] = value
    this.#at = at
    return true
  }

  #isUid(): boolean {
    const bytes = this.#bytes
    const start = found[this.#count - 2] ?? 0
    const end = this.#at - 1
    for (let at = start; at < end; at++) if (UID_BYTES[bytes[at] ?? 0] !== 1) return false
    return bytes[start] !== DOT || (end !== start + 1 && (end !== start + 2 || bytes[start + 1] !== DOT))
  }

  #isCurrency(): boolean {
    for (let at = this.#at - 4; at < this.#at - 1; at++) {
      const byte = this.#bytes[at] ?? 0
      if (byte < 0x41 || byte > LETTER_Z) return false
    }
    return true
  }

  /** White space beyond ASCII begins with one of a few bytes; what else they may begin is for `readOrder` to say. */
  #isEmail(): boolean {
    const bytes = this.#bytes
    const start = found[this.#count - 2] ?? 0
    const end = this.#at - 1
    let sign = -1
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (byte <= FIRST_PRINTABLE || BEGINS_WHITE_SPACE[byte] === 1) return false
      if (byte !== AT_SIGN) continue
      if (sign >= 0) return false
      sign = at
    }
    return sign > start && sign < end - 1
  }

  /** `2021-11-26T06:22:19Z`, or with a fraction of up to six digits, the last of which is not 0. */
  #instant(): boolean {
    const seconds = epochSecondsAt(this.#bytes, this.#at)
    if (seconds === undefined) return false
    this.#at += 19
    let micros = 0
    if (this.byte(DOT)) {
      const start = this.#at
      let digit = this.#digit()
      let last = 0
      while (digit !== undefined) {
        micros = micros * 10 + digit
        last = digit
        digit = this.#digit()
      }
      const digits = this.#at - start
      if (digits === 0 || digits > FRACTION_DIGITS || last === 0) return false
      micros *= 10 ** (FRACTION_DIGITS - digits)
    }
    found[this.#count++] = seconds
    found[this.#count++] = micros
    return this.byte(LETTER_Z) && this.byte(QUOTE)
  }

  #digit(): number | undefined {
    const digit = this.#at < this.#bytes.length ? (this.#bytes[this.#at] ?? 0) - ZERO : -1
    if (digit < 0 || digit > 9) return undefined
    this.#at++
    return digit
  }
}
