import type { Order } from '../order/order.ts'
import type { Random } from './random.ts'

type Break = (order: Order, json: string) => Buffer | string | null

/** Each makes a value that is no order, whatever the order was. */
const BREAKS: readonly Break[] = [
  (_, json) => json.slice(0, -1),
  (_, json) => json.slice(0, json.length >> 1),
  (order) => JSON.stringify({ ...order, payment: undefined }),
  (order) => JSON.stringify({ ...order, date_created: undefined }),
  (order) => JSON.stringify({ ...order, items: [] }),
  (order) => JSON.stringify({ ...order, items: { 0: order.items[0] } }),
  (order) => JSON.stringify({ ...order, sm_id: String(order.sm_id) }),
  (order) => JSON.stringify({ ...order, delivery: { ...order.delivery, email: 'nobody' } }),
  (order) => JSON.stringify({ ...order, payment: { ...order.payment, amount: -1 } }),
  (order) => JSON.stringify({ ...order, payment: { ...order.payment, currency: 'usd' } }),
  (order) => JSON.stringify({ ...order, date_created: '2026-02-30T00:00:00Z' }),
  (order) => JSON.stringify({ ...order, date_created: 'now' }),
  (order) => JSON.stringify({ ...order, locale: 'e\u0000n' }),
  (order) => JSON.stringify({ ...order, customer_id: '\ud800' }),
  (_, json) => json.replace(/"amount":\d+/, '"amount":9007199254740993'),
  (_, json) => json.replace(/"amount":\d+/, '"amount":1e999'),
  (_, json) => `[${json}]`,
  (_, json) => `${json}${json}`,
  () => 'null',
  (_, json) => '['.repeat(1000) + json + ']'.repeat(1000),
  (_, json) => Buffer.concat([Buffer.from(json), Buffer.from([0xff])]),
  (_, json) => Buffer.from(json, 'utf16le'),
  () => '',
  () => null,
]

/** A value that every reader of orders must refuse; of many sorts, some without even a trace of `order`. */
export function breakOrder(order: Order, random: Random): Buffer | null {
  const broken = random.pick(BREAKS)(order, JSON.stringify(order))
  return typeof broken === 'string' ? Buffer.from(broken) : broken
}
