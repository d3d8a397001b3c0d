import { canonicalInstant } from './instant.ts'
import { isOrderUid } from './order.ts'
import type { Findings } from './findings.ts'

/*
 * Rules for single fields. Each takes the parsed value as it is, never coerced, and returns what the order
 * holds. When the rule is broken it says so, and what it returns is read by nobody.
 */

type JsonObject = Readonly<Record<string, unknown>>

/** `min` to `max` Unicode code points. */
export function text(value: unknown, field: string, min: number, max: number, findings: Findings): string {
  if (typeof value === 'string' && value.length >= min && !isLongerThan(max, value)) return value
  const rule = `must have ${min} to ${max} characters`
  return refuse(field, typeof value === 'string' ? rule : typeRule(value, 'a string'), findings)
}

/** Up to `max` code points; absent means "". */
export function optionalText(value: unknown, field: string, max: number, findings: Findings): string {
  return value === undefined ? '' : text(value, field, 0, max, findings)
}

export function orderUid(value: unknown, field: string, findings: Findings): string {
  if (typeof value === 'string' && isOrderUid(value)) return value
  const rule = 'must have 1 to 128 of A-Z a-z 0-9 . _ : ~ - and be neither "." nor ".."'
  return refuse(field, typeof value === 'string' ? rule : typeRule(value, 'a string'), findings)
}

export function currency(value: unknown, field: string, findings: Findings): string {
  if (typeof value === 'string' && /^[A-Z]{3}$/.test(value)) return value
  const rule = 'must have three letters A-Z'
  return refuse(field, typeof value === 'string' ? rule : typeRule(value, 'a string'), findings)
}

export function email(value: unknown, field: string, findings: Findings): string {
  const address = text(value, field, 3, 254, findings)
  if (address === '' || /^[^\s@]+@[^\s@]+$/.test(address)) return address
  return refuse(field, 'must have one @, something on both sides of it, and no white space', findings)
}

/** Returns the canonical spelling. */
export function instant(value: unknown, field: string, findings: Findings): string {
  const canonical = typeof value === 'string' ? canonicalInstant(value) : undefined
  if (canonical !== undefined) return canonical
  const rule = 'must be an RFC 3339 instant with an offset, in the years 1 to 9999 UTC'
  return refuse(field, typeof value === 'string' ? rule : typeRule(value, 'a string'), findings)
}

/** A whole number from 0 that a double holds exactly. The rule is on the value: `1e3` and `-0` pass. */
export function integer(value: unknown, field: string, findings: Findings): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value === 0 ? 0 : value
  const rule = `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`
  refuse(field, typeof value === 'number' ? rule : typeRule(value, 'a number'), findings)
  return 0
}

/** Undefined when the rule is broken, so that an object which is missing counts once and not once per field. */
export function object(value: unknown, field: string, findings: Findings): JsonObject | undefined {
  if (isObject(value)) return value
  refuse(field, typeRule(value, 'an object'), findings)
  return undefined
}

export function array(
  value: unknown,
  field: string,
  min: number,
  max: number,
  findings: Findings,
): readonly unknown[] {
  if (Array.isArray(value) && value.length >= min && value.length <= max) return value
  const rule = `must have ${min} to ${max} elements`
  refuse(field, Array.isArray(value) ? rule : typeRule(value, 'an array'), findings)
  return []
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(field: string, rule: string, findings: Findings): '' {
  findings.add(field, rule)
  return ''
}

function typeRule(value: unknown, wanted: string): string {
  return value === undefined ? 'is missing' : `must be ${wanted}`
}

/** Code points are between half of the UTF-16 units and all of them, so they rarely have to be counted. */
function isLongerThan(maxCodePoints: number, value: string): boolean {
  if (value.length <= maxCodePoints) return false
  if (value.length > 2 * maxCodePoints) return true
  let codePoints = 0
  for (const _ of value) codePoints++
  return codePoints > maxCodePoints
}
