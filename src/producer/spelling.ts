import type { Order } from '../order/order.ts'
import type { Random } from './random.ts'

type Spelling = (order: Order) => string

/** Other ways to write the same order: its content hash stays. */
const SPELLINGS: readonly Spelling[] = [
  (order) => JSON.stringify(order, null, 2),
  (order) => JSON.stringify(Object.fromEntries(Object.entries(order).toReversed())),
  (order) => JSON.stringify({ ...order, date_created: inMoscow(order.date_created) }),
  (order) => JSON.stringify({ note: 'unknown fields are ignored', ...order }),
  (order) => JSON.stringify(order).replace(/[\u0080-\uffff]/g, escaped),
]

/** The order as another producer might have written it; more often than not just the same bytes. */
export function spell(order: Order, random: Random): string {
  return random.chance(0.4) ? random.pick(SPELLINGS)(order) : JSON.stringify(order)
}

function inMoscow(instant: string): string {
  const local = new Date(Date.parse(instant) + 3 * 3_600_000).toISOString()
  return local.replace('Z', '+03:00')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
