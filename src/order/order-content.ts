import { canonicalBytes } from './canonical.ts'
import { contentHash } from './content-hash.ts'
import { crossFieldViolations, scannedViolations, type CrossFieldRule } from './cross-field.ts'
import type { OrderLimits } from './decode.ts'
import type { Order } from './order.ts'
import { readOrder, type ReadOrder } from './read-order.ts'
import { scanOrder, type ScannedOrder } from './scan.ts'

/** A valid order, read from a record's value. */
export interface OrderContent {
  readonly uid: string
  /** Version of the canonical form, one byte, and the SHA-256 of its bytes. */
  readonly contentHash: Buffer
  /** Fields that were ignored. */
  readonly unknownFields: number
  /** Costs a parse when the order was scanned, so not for what is done with every order. */
  readonly order: Order
  /** Where the fields are in the record's own bytes, if its spelling is the canonical one. */
  readonly scanned: ScannedOrder | undefined
}

export type ReadContent =
  | { readonly ok: true; readonly content: OrderContent }
  | Extract<ReadOrder, { readonly ok: false }>

/**
 * Reads a record's value by the hard rules of an order, the quick way where its spelling allows. Never throws:
 * what is wrong with a value is a result. The content may refer to the memory of `value`.
 */
export function readContent(value: Buffer | null, limits: OrderLimits): ReadContent {
  const scanned = value !== null && value.length <= limits.maxBytes ? scanOrder(value) : undefined
  if (scanned !== undefined) return { ok: true, content: new ScannedContent(scanned) }
  const reading = readOrder(value, limits)
  if (!reading.ok) return reading
  // The canonical bytes are not kept: over all records in flight they would be a second copy of the values.
  const { order, unknownFields } = reading
  const content = { uid: order.order_uid, contentHash: reading.contentHash, unknownFields, order, scanned }
  return { ok: true, content }
}

/** Of a valid order that no record brought. */
export function contentOf(order: Order): OrderContent {
  const hash = contentHash(canonicalBytes(order))
  return { uid: order.order_uid, contentHash: hash, unknownFields: 0, order, scanned: undefined }
}

/** The cross-field rules that the order breaks. */
export function brokenRulesOf(content: OrderContent): readonly CrossFieldRule[] {
  const { scanned } = content
  return scanned === undefined
    ? crossFieldViolations(content.order)
    : scannedViolations(scanned, () => content.order)
}

class ScannedContent implements OrderContent {
  readonly contentHash: Buffer
  readonly unknownFields = 0
  readonly scanned: ScannedOrder
  #order: Order | undefined

  constructor(scanned: ScannedOrder) {
    this.scanned = scanned
    this.contentHash = contentHash(scanned.bytes)
  }

  get uid(): string {
    return this.scanned.uid
  }

  get order(): Order {
    return (this.#order ??= parse(this.scanned.bytes))
  }
}

function parse(bytes: Buffer): Order {
  const reading = readOrder(bytes, { maxBytes: bytes.length, maxDepth: DEPTH })
  if (!reading.ok) throw new TypeError(`an order was scanned that is none: ${reading.message}`)
  return reading.order
}

/** Of the canonical form: the order, its items, an item. */
const DEPTH = 3
