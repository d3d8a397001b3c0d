import { randomUUID } from 'node:crypto'
import { contentOf } from '../../src/order/order-content.ts'
import type { Order } from '../../src/order/order.ts'
import type { NewOrder } from '../../src/pipeline/orders-role.ts'
import { modelOrder, read } from '../order/fixtures.ts'

export const TOPIC_ID = randomUUID()

/** As the orders role would hand it over; `sourceOffset` tells two of them apart. */
export function newOrder(order: Order, sourceOffset = 0): NewOrder {
  return { content: contentOf(order), sourcePartition: 0, sourceOffset }
}

export function orderWithUid(uid: string, changes: Partial<Order> = {}): Order {
  return { ...modelOrder(), order_uid: uid, ...changes }
}

/** What a record with this value brings to the database, and the bytes that a read has to return. */
export function orderOf(value: Buffer): { readonly order: Order; readonly canonical: Buffer } {
  const result = read(value)
  if (!result.ok) throw new Error(result.message)
  return result
}
