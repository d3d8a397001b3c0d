import { array, currency, email, instant, integer, object, optionalText, orderUid, text } from './fields.ts'
import type { Delivery, Item, Order, Payment } from './order.ts'
import type { Findings } from './findings.ts'

/** Lengths in Unicode code points. */
const SHORT = 128
const LONG = 1024
const SIGNATURE = 4096
const MAX_ITEMS = 10_000

/**
 * Takes an order out of parsed JSON field by field, so that whatever else is in there (`__proto__` too) gets
 * no further. Every broken rule is reported to `findings`; undefined when there was any.
 */
export function takeOrder(json: unknown, findings: Findings): Order | undefined {
  const source = object(json, '', findings)
  if (source === undefined) return undefined
  const delivery = takeDelivery(source.delivery, findings)
  const payment = takePayment(source.payment, findings)
  const items = takeItems(source.items, findings)
  findings.inside('')
  findings.countUnknown(source, 13, source.internal_signature)
  const order = {
    order_uid: orderUid(source.order_uid, 'order_uid', findings),
    track_number: text(source.track_number, 'track_number', 1, SHORT, findings),
    entry: text(source.entry, 'entry', 1, SHORT, findings),
    delivery,
    payment,
    items,
    locale: text(source.locale, 'locale', 1, SHORT, findings),
    internal_signature: optionalText(source.internal_signature, 'internal_signature', SIGNATURE, findings),
    customer_id: text(source.customer_id, 'customer_id', 1, SHORT, findings),
    delivery_service: text(source.delivery_service, 'delivery_service', 1, SHORT, findings),
    shardkey: text(source.shardkey, 'shardkey', 1, SHORT, findings),
    sm_id: integer(source.sm_id, 'sm_id', findings),
    date_created: instant(source.date_created, 'date_created', findings),
    oof_shard: text(source.oof_shard, 'oof_shard', 1, SHORT, findings),
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is missing has been reported
  return findings.violationCount === 0 ? (order as Order) : undefined
}

function takeDelivery(value: unknown, findings: Findings): Delivery | undefined {
  findings.inside('')
  const source = object(value, 'delivery', findings)
  if (source === undefined) return undefined
  findings.inside('/delivery')
  findings.countUnknown(source, 7)
  return {
    name: text(source.name, 'name', 1, LONG, findings),
    phone: text(source.phone, 'phone', 1, LONG, findings),
    zip: text(source.zip, 'zip', 1, LONG, findings),
    city: text(source.city, 'city', 1, LONG, findings),
    address: text(source.address, 'address', 1, LONG, findings),
    region: text(source.region, 'region', 1, LONG, findings),
    email: email(source.email, 'email', findings),
  }
}

function takePayment(value: unknown, findings: Findings): Payment | undefined {
  findings.inside('')
  const source = object(value, 'payment', findings)
  if (source === undefined) return undefined
  findings.inside('/payment')
  findings.countUnknown(source, 9, source.request_id)
  return {
    transaction: text(source.transaction, 'transaction', 1, SHORT, findings),
    request_id: optionalText(source.request_id, 'request_id', SHORT, findings),
    currency: currency(source.currency, 'currency', findings),
    provider: text(source.provider, 'provider', 1, SHORT, findings),
    amount: integer(source.amount, 'amount', findings),
    payment_dt: integer(source.payment_dt, 'payment_dt', findings),
    bank: text(source.bank, 'bank', 1, SHORT, findings),
    delivery_cost: integer(source.delivery_cost, 'delivery_cost', findings),
    goods_total: integer(source.goods_total, 'goods_total', findings),
    custom_fee: integer(source.custom_fee, 'custom_fee', findings),
  }
}

function takeItems(value: unknown, findings: Findings): (Item | undefined)[] {
  findings.inside('')
  const sources = array(value, 'items', 1, MAX_ITEMS, findings)
  return sources.map((source, index) => {
    findings.inside('/items', index)
    return takeItem(source, findings)
  })
}

function takeItem(value: unknown, findings: Findings): Item | undefined {
  const source = object(value, '', findings)
  if (source === undefined) return undefined
  findings.countUnknown(source, 11)
  return {
    chrt_id: integer(source.chrt_id, 'chrt_id', findings),
    track_number: text(source.track_number, 'track_number', 1, LONG, findings),
    price: integer(source.price, 'price', findings),
    rid: text(source.rid, 'rid', 1, LONG, findings),
    name: text(source.name, 'name', 1, LONG, findings),
    sale: integer(source.sale, 'sale', findings),
    size: text(source.size, 'size', 1, LONG, findings),
    total_price: integer(source.total_price, 'total_price', findings),
    nm_id: integer(source.nm_id, 'nm_id', findings),
    brand: text(source.brand, 'brand', 1, LONG, findings),
    status: integer(source.status, 'status', findings),
  }
}
