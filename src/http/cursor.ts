import { canonicalInstant } from '../order/instant.ts'
import { isOrderUid } from '../order/order.ts'

/** Where a page ended: the key of its last row, as texts. */
export type Place = readonly string[]

/** What one part of a place may be, since it comes back from outside and goes into a statement. */
const PARTS = {
  /** As it was written: PostgreSQL knows fewer offsets than the calendar. */
  instant: (text: string): boolean => canonicalInstant(text) === text,
  uid: isOrderUid,
  uuid: (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  partition: (text: string): boolean => /^\d{1,9}$/.test(text),
  offset: (text: string): boolean => /^\d{1,15}$/.test(text),
} as const
export type PlaceShape = readonly (keyof typeof PARTS)[]

export function toCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** Undefined for a text that `toCursor` did not make of a place of this shape. */
export function fromCursor(cursor: string, shape: PlaceShape): Place | undefined {
  const place = parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Array.isArray(place) || place.length !== shape.length) return undefined
  const texts = place.filter((part): part is string => typeof part === 'string')
  const fits = shape.every((kind, index) => {
    const text = texts[index]
    return text !== undefined && PARTS[kind](text)
  })
  return texts.length === shape.length && fits ? texts : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
