import type { Item, Order } from './order.ts'

/**
 * The one spelling of an order, in UTF-8: the fixture's field order, no white space, whatever order the
 * fields of `order` were set in. Also right for an order that was put together from database rows, so a
 * read gives the same bytes from the cache and from the tables. `date_created` must be canonical already.
 */
export function canonicalBytes(order: Order): Buffer {
  return Buffer.from(JSON.stringify(inFixtureOrder(order)))
}

function inFixtureOrder(order: Order): Order {
  const { delivery, payment } = order
  return {
    order_uid: order.order_uid,
    track_number: order.track_number,
    entry: order.entry,
    delivery: {
      name: delivery.name,
      phone: delivery.phone,
      zip: delivery.zip,
      city: delivery.city,
      address: delivery.address,
      region: delivery.region,
      email: delivery.email,
    },
    payment: {
      transaction: payment.transaction,
      request_id: payment.request_id,
      currency: payment.currency,
      provider: payment.provider,
      amount: payment.amount,
      payment_dt: payment.payment_dt,
      bank: payment.bank,
      delivery_cost: payment.delivery_cost,
      goods_total: payment.goods_total,
      custom_fee: payment.custom_fee,
    },
    items: order.items.map(itemInFixtureOrder),
    locale: order.locale,
    internal_signature: order.internal_signature,
    customer_id: order.customer_id,
    delivery_service: order.delivery_service,
    shardkey: order.shardkey,
    sm_id: order.sm_id,
    date_created: order.date_created,
    oof_shard: order.oof_shard,
  }
}

function itemInFixtureOrder(item: Item): Item {
  return {
    chrt_id: item.chrt_id,
    track_number: item.track_number,
    price: item.price,
    rid: item.rid,
    name: item.name,
    sale: item.sale,
    size: item.size,
    total_price: item.total_price,
    nm_id: item.nm_id,
    brand: item.brand,
    status: item.status,
  }
}
