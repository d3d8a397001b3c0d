import { readFileSync } from 'node:fs'
import type { Order } from '../../src/order/order.ts'
import { readOrder, type ReadOrder } from '../../src/order/read-order.ts'

export const MODEL_BYTES = readFileSync(new URL('../fixtures/model.json', import.meta.url))
export const OTHER_BYTES = readFileSync(new URL('../fixtures/other-order.json', import.meta.url))

export const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 64 }

export function read(value: string | Buffer | null): ReadOrder {
  return readOrder(typeof value === 'string' ? Buffer.from(value) : value, LIMITS)
}

/** A copy of the fixture's order, free to be changed. */
export function modelOrder(): Order {
  return JSON.parse(MODEL_BYTES.toString())
}

/** JSON of the fixture's order with the value at `pointer` replaced, or removed when it is undefined. */
export function modelWith(pointer: string, value: unknown): string {
  const order = modelOrder()
  const path = pointer.split('/').slice(1)
  const last = path.pop()
  if (last === undefined) return JSON.stringify(value)
  let parent: object = order
  for (const name of path) parent = Reflect.get(parent, name)
  if (value === undefined) Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, value)
  return JSON.stringify(order)
}

/** Pointers of what is broken; [] when it passes. */
export function brokenPointers(value: string | Buffer): string[] {
  const result = read(value)
  return result.ok ? [] : result.violations.map(({ pointer }) => pointer)
}

export function canonicalText(value: string | Buffer): string {
  const result = read(value)
  if (!result.ok) throw new Error(result.message)
  return result.canonical.toString()
}
