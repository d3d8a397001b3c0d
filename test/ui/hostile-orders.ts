import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from '../../ui/api/orders.ts'

/** The canonical order. */
export const MODEL = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/model.json'), 'utf8'),
) as Order

/** Fields of an order that may hold any text: 8 of its own, 6 of delivery, 4 of payment, 5 of its item. */
export const TEXT_FIELDS = 23

/** The model with a text in each field that may hold any. */
export function orderFullOf(text: string, uid: string): Order {
  const { delivery, payment, items } = MODEL
  const filled = <T extends object>(record: T, kept: readonly string[]): T =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'string' && !kept.includes(name) ? text : value,
      ]),
    ) as T
  return {
    ...filled(MODEL, ['order_uid', 'date_created']),
    order_uid: uid,
    delivery: filled(delivery, ['email']),
    payment: filled(payment, ['currency']),
    items: items.map((item) => filled(item, [])),
  }
}
