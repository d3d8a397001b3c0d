/**
 * One order, as the fixture `test/fixtures/model.json` shows it. Every number is a safe integer from 0,
 * every string is well-formed Unicode without U+0000, so all of it fits PostgreSQL's bigint and text.
 */
export interface Order {
  order_uid: string
  track_number: string
  entry: string
  delivery: Delivery
  payment: Payment
  items: Item[]
  locale: string
  internal_signature: string
  customer_id: string
  delivery_service: string
  shardkey: string
  sm_id: number
  /** Canonical instant in UTC, like `2021-11-26T06:22:19.5Z`; at most microseconds, no trailing zeros. */
  date_created: string
  oof_shard: string
}

export interface Delivery {
  name: string
  phone: string
  zip: string
  city: string
  address: string
  region: string
  email: string
}

export interface Payment {
  transaction: string
  request_id: string
  currency: string
  provider: string
  amount: number
  /** Seconds since the epoch. */
  payment_dt: number
  bank: string
  delivery_cost: number
  goods_total: number
  custom_fee: number
}

export interface Item {
  chrt_id: number
  track_number: string
  price: number
  rid: string
  name: string
  /** Percent. */
  sale: number
  size: string
  total_price: number
  nm_id: number
  brand: string
  status: number
}

/** What a uid is made of. `isOrderUid` says more: two texts of this pattern are none. */
export const UID_PATTERN = /^[A-Za-z0-9._:~-]{1,128}$/

/** Whether an order could have this uid. URL parsers drop the path segments `.` and `..`, so nobody could ask for them. */
export function isOrderUid(text: string): boolean {
  return UID_PATTERN.test(text) && text !== '.' && text !== '..'
}
