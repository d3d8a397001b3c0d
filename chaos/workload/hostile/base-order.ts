import type { Order } from '../../../src/order/order.ts'
import { generateOrder } from '../../../src/producer/generate.ts'
import { seedFrom } from '../../../src/producer/random.ts'

/** A valid order of which hostile ones are made; always the same, and a copy that may be changed. */
export function baseOrder(): Order {
  return generateOrder(seedFrom('hostile'), 0)
}

export function orderJson(uid: string, changes: object = {}): string {
  return JSON.stringify({ ...baseOrder(), order_uid: uid, ...changes })
}

/** So many small ones. */
export function itemsOf(count: number): Order['items'] {
  const [item] = baseOrder().items
  if (item === undefined) throw new Error('every order has an item')
  return Array.from({ length: count }, () => ({
    ...item,
    rid: 'r',
    name: 'n',
    size: 's',
    brand: 'b',
    track_number: 't',
  }))
}
