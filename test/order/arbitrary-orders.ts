import * as fc from 'fast-check'
import type { Order } from '../../src/order/order.ts'

const text = (max: number, min = 1) =>
  fc
    .string({ minLength: min, maxLength: Math.min(max, 40), unit: 'binary' })
    .filter((value) => !value.includes('\u0000') && value.isWellFormed())
const integer = fc.oneof(fc.maxSafeNat(), fc.nat(1000), fc.constant(0))

const delivery = fc.record({
  name: text(1024),
  phone: text(1024),
  zip: text(1024),
  city: text(1024),
  address: text(1024),
  region: text(1024),
  email: fc.stringMatching(/^[^\s@\0\ud800-\udfff]{1,20}@[^\s@\0\ud800-\udfff]{1,20}$/),
})
const payment = fc.record({
  transaction: text(128),
  request_id: text(128, 0),
  currency: fc.stringMatching(/^[A-Z]{3}$/),
  provider: text(128),
  amount: integer,
  payment_dt: integer,
  bank: text(128),
  delivery_cost: integer,
  goods_total: integer,
  custom_fee: integer,
})
const item = fc.record({
  chrt_id: integer,
  track_number: text(1024),
  price: integer,
  rid: text(1024),
  name: text(1024),
  sale: integer,
  size: text(1024),
  total_price: integer,
  nm_id: integer,
  brand: text(1024),
  status: integer,
})
/** Valid orders with texts of any kind, whose dates may be spelled in another way than the canonical one. */
export const orders: fc.Arbitrary<Order> = fc.record({
  order_uid: fc.stringMatching(/^[A-Za-z0-9_:~-]{1,40}$/),
  track_number: text(128),
  entry: text(128),
  delivery,
  payment,
  items: fc.array(item, { minLength: 1, maxLength: 4 }),
  locale: text(128),
  internal_signature: text(4096, 0),
  customer_id: text(128),
  delivery_service: text(128),
  shardkey: text(128),
  sm_id: integer,
  date_created: fc
    .date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
  oof_shard: text(128),
})
