import type { Delivery, Item, Order, Payment } from '../src/order/order.ts'

export type Value = string | number | Buffer
export type Table = keyof typeof COLUMNS
/** The rows of one order, or of many, by table. */
export type Rows = Readonly<Record<Table, readonly (readonly Value[])[]>>

/** The record that a row says it was stored from. */
export interface Source {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

const ORDER_FIELDS = [
  'order_uid',
  'track_number',
  'entry',
  'locale',
  'internal_signature',
  'customer_id',
  'delivery_service',
  'shardkey',
  'sm_id',
  'date_created',
  'oof_shard',
] as const satisfies readonly (keyof Order)[]

const DELIVERY_FIELDS = [
  'name',
  'phone',
  'zip',
  'city',
  'address',
  'region',
  'email',
] as const satisfies readonly (keyof Delivery)[]

const PAYMENT_FIELDS = [
  'transaction',
  'request_id',
  'currency',
  'provider',
  'amount',
  'payment_dt',
  'bank',
  'delivery_cost',
  'goods_total',
  'custom_fee',
] as const satisfies readonly (keyof Payment)[]

const ITEM_FIELDS = [
  'chrt_id',
  'track_number',
  'price',
  'rid',
  'name',
  'sale',
  'size',
  'total_price',
  'nm_id',
  'brand',
  'status',
] as const satisfies readonly (keyof Item)[]

/** What the service writes into the four tables; `stored_at` is left to its default there as here. */
export const COLUMNS = {
  orders: [...ORDER_FIELDS, 'content_hash', 'source_topic_id', 'source_partition', 'source_offset'],
  delivery: ['order_uid', ...DELIVERY_FIELDS],
  payment: ['order_uid', ...PAYMENT_FIELDS],
  items: ['order_uid', 'line', ...ITEM_FIELDS],
} as const

export const TABLES = ['orders', 'delivery', 'payment', 'items'] as const satisfies readonly Table[]

/** The same rows that the service makes of this order, their values in the order of `COLUMNS`. */
export function rowsOf(order: Order, contentHash: Buffer, source: Source): Rows {
  const { order_uid: uid, delivery, payment, items } = order
  const { topicId, partition, offset } = source
  return {
    orders: [[...ORDER_FIELDS.map((field) => order[field]), contentHash, topicId, partition, offset]],
    delivery: [[uid, ...DELIVERY_FIELDS.map((field) => delivery[field])]],
    payment: [[uid, ...PAYMENT_FIELDS.map((field) => payment[field])]],
    items: items.map((item, index) => [uid, index + 1, ...ITEM_FIELDS.map((field) => item[field])]),
  }
}
