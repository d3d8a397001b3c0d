import { microsecondsSince2000 } from '../order/instant.ts'
import type { Item, Order } from '../order/order.ts'
import type { NewOrder } from '../pipeline/orders-role.ts'
import { CopyRows } from './copy-rows.ts'
import { copyDelivery, copyItem, copyOrder, copyPayment } from './scanned-rows.ts'

export const COPY_ORDERS = `
  copy orders (
    order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
    sm_id, date_created, oof_shard, content_hash, source_topic_id, source_partition, source_offset
  )
  from stdin (format binary)`

export const COPY_DELIVERY = `
  copy delivery (order_uid, name, phone, zip, city, address, region, email)
  from stdin (format binary)`

export const COPY_PAYMENT = `
  copy payment (
    order_uid, transaction, request_id, currency, provider, amount, payment_dt, bank, delivery_cost, goods_total, custom_fee
  )
  from stdin (format binary)`

export const COPY_ITEMS = `
  copy items (
    order_uid, line, chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand, status
  )
  from stdin (format binary)`

export function orderRows(orders: readonly NewOrder[], sourceTopicId: string): CopyRows {
  const rows = new CopyRows()
  const topicId = Buffer.from(sourceTopicId.replaceAll('-', ''), 'hex')
  for (const { content, sourcePartition, sourceOffset } of orders) {
    rows.row(15)
    if (content.scanned === undefined) writeOrder(rows, content.order)
    else copyOrder(rows, content.scanned)
    rows.bytes(content.contentHash)
    rows.bytes(topicId)
    rows.int4(sourcePartition)
    rows.int8(sourceOffset)
  }
  return rows
}

function writeOrder(rows: CopyRows, order: Order): void {
  rows.text(order.order_uid)
  rows.text(order.track_number)
  rows.text(order.entry)
  rows.text(order.locale)
  rows.text(order.internal_signature)
  rows.text(order.customer_id)
  rows.text(order.delivery_service)
  rows.text(order.shardkey)
  rows.int8(order.sm_id)
  rows.timestamp(microsecondsSince2000(order.date_created))
  rows.text(order.oof_shard)
}

export function deliveryRows(orders: readonly NewOrder[]): CopyRows {
  const rows = new CopyRows()
  for (const { content } of orders) {
    rows.row(8)
    rows.text(content.uid)
    if (content.scanned === undefined) writeDelivery(rows, content.order.delivery)
    else copyDelivery(rows, content.scanned)
  }
  return rows
}

function writeDelivery(rows: CopyRows, delivery: Order['delivery']): void {
  rows.text(delivery.name)
  rows.text(delivery.phone)
  rows.text(delivery.zip)
  rows.text(delivery.city)
  rows.text(delivery.address)
  rows.text(delivery.region)
  rows.text(delivery.email)
}

export function paymentRows(orders: readonly NewOrder[]): CopyRows {
  const rows = new CopyRows()
  for (const { content } of orders) {
    rows.row(11)
    rows.text(content.uid)
    if (content.scanned === undefined) writePayment(rows, content.order.payment)
    else copyPayment(rows, content.scanned)
  }
  return rows
}

function writePayment(rows: CopyRows, payment: Order['payment']): void {
  rows.text(payment.transaction)
  rows.text(payment.request_id)
  rows.text(payment.currency)
  rows.text(payment.provider)
  rows.int8(payment.amount)
  rows.int8(payment.payment_dt)
  rows.text(payment.bank)
  rows.int8(payment.delivery_cost)
  rows.int8(payment.goods_total)
  rows.int8(payment.custom_fee)
}

export function itemRows(orders: readonly NewOrder[]): CopyRows {
  const rows = new CopyRows()
  for (const { content } of orders) {
    const { uid, scanned } = content
    const count = scanned === undefined ? content.order.items.length : scanned.itemCount
    for (let index = 0; index < count; index++) {
      rows.row(13)
      rows.text(uid)
      rows.int4(index + 1)
      if (scanned === undefined) writeItem(rows, content.order.items[index])
      else copyItem(rows, scanned, index)
    }
  }
  return rows
}

function writeItem(rows: CopyRows, item: Item | undefined): void {
  if (item === undefined) throw new RangeError('an order has fewer items than it had')
  rows.int8(item.chrt_id)
  rows.text(item.track_number)
  rows.int8(item.price)
  rows.text(item.rid)
  rows.text(item.name)
  rows.int8(item.sale)
  rows.text(item.size)
  rows.int8(item.total_price)
  rows.int8(item.nm_id)
  rows.text(item.brand)
  rows.int8(item.status)
}
