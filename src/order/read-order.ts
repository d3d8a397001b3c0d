import { canonicalBytes } from './canonical.ts'
import { contentHash } from './content-hash.ts'
import { decodeJson, type DecodeFailureType, type OrderLimits } from './decode.ts'
import type { Order } from './order.ts'
import { refuseUnstorableTexts } from './storable.ts'
import { takeOrder } from './validate.ts'
import { Findings, type Violation } from './findings.ts'

export type ReadOrder =
  | {
      readonly ok: true
      readonly order: Order
      /** The canonical form in UTF-8, what a read returns. */
      readonly canonical: Buffer
      /** 33 bytes, of the canonical form: equal for equal content in whatever spelling. */
      readonly contentHash: Buffer
      /** Fields that were ignored, in the order, its delivery, its payment and its items. */
      readonly unknownFields: number
    }
  | {
      readonly ok: false
      readonly type: DecodeFailureType | 'invalid_order'
      /** Never quotes the payload. */
      readonly message: string
      /** The first 20; empty unless `invalid_order`. */
      readonly violations: readonly Violation[]
      readonly violationCount: number
    }

/**
 * Reads a record's value as an order, by the hard rules of an order. Never throws: what is wrong with a
 * value is a result. Nothing in the result refers to the memory of `value`.
 */
export function readOrder(value: Buffer | null, limits: OrderLimits): ReadOrder {
  const decoded = decodeJson(value, limits)
  if (!decoded.ok) return { ...decoded, violations: [], violationCount: 0 }
  const findings = new Findings()
  const order = takeOrder(decoded.json, findings)
  if (order !== undefined && decoded.hasEscapes) refuseUnstorableTexts(order, findings)
  const { violations, violationCount, unknownFields } = findings
  if (order === undefined || violationCount > 0)
    return { ok: false, type: 'invalid_order', message: findings.message(), violations, violationCount }
  const canonical = canonicalBytes(order)
  return { ok: true, order, canonical, contentHash: contentHash(canonical), unknownFields }
}
