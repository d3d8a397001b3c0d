import { HEAD, ITEM, PAYMENT, TAIL } from './canonical-layout.ts'
import { epochSeconds } from './instant.ts'
import type { Item, Order } from './order.ts'
import { itemAt, PARTS_AT, type ScannedOrder } from './scan.ts'

/** Rules of business sense. An order that breaks them can still be stored and understood. */
export const CROSS_FIELD_RULES = ['X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7'] as const
export type CrossFieldRule = (typeof CROSS_FIELD_RULES)[number]

const PAYMENT_CLOCK_SKEW_SECONDS = 60

/**
 * Each holds for the fixture. Sums are exact: they are of safe integers, and one that leaves the safe range
 * stays above it, where it equals no field.
 */
const HOLDS: Readonly<Record<CrossFieldRule, (order: Order) => boolean>> = {
  X1: ({ payment, order_uid }) => payment.transaction === order_uid,
  X2: ({ payment, items }) => payment.goods_total === sumOfTotals(items),
  X3: ({ payment }) => payment.amount === payment.goods_total + payment.delivery_cost + payment.custom_fee,
  X4: ({ items }) => items.every(({ price, sale, total_price }) => isDiscounted(price, sale, total_price)),
  X5: ({ items, track_number }) => items.every((item) => item.track_number === track_number),
  X6: ({ payment, date_created }) =>
    payment.payment_dt <= epochSeconds(date_created) + PAYMENT_CLOCK_SKEW_SECONDS,
  X7: ({ items }) => items.every(({ sale }) => sale <= 100),
}

/** The rules that a valid order breaks, each once. */
export function crossFieldViolations(order: Order): readonly CrossFieldRule[] {
  return CROSS_FIELD_RULES.filter((rule) => !HOLDS[rule](order))
}

const NONE: readonly CrossFieldRule[] = []

/** The same of an order that was scanned. Nearly every order breaks none, so only that is told the quick way. */
export function scannedViolations(order: ScannedOrder, toOrder: () => Order): readonly CrossFieldRule[] {
  return keepsEveryRule(order) ? NONE : crossFieldViolations(toOrder())
}

function keepsEveryRule(order: ScannedOrder): boolean {
  const { fields, start, itemCount } = order
  const payment = (at: number): number => fields[start + PARTS_AT.payment + at] ?? 0
  const trackNumberAt = start + PARTS_AT.head + HEAD.at.track_number
  const goodsTotal = payment(PAYMENT.at.goods_total)
  if (
    !sameText(
      order,
      start + PARTS_AT.head + HEAD.at.order_uid,
      start + PARTS_AT.payment + PAYMENT.at.transaction,
    )
  )
    return false
  if (
    payment(PAYMENT.at.amount) !==
    goodsTotal + payment(PAYMENT.at.delivery_cost) + payment(PAYMENT.at.custom_fee)
  )
    return false
  const createdAt = fields[start + itemAt(itemCount) + TAIL.at.date_created] ?? 0
  if (payment(PAYMENT.at.payment_dt) > createdAt + PAYMENT_CLOCK_SKEW_SECONDS) return false
  let sum = 0
  for (let index = 0; index < itemCount; index++) {
    const at = start + itemAt(index)
    const sale = fields[at + ITEM.at.sale] ?? 0
    const totalPrice = fields[at + ITEM.at.total_price] ?? 0
    if (sale > 100 || !isDiscounted(fields[at + ITEM.at.price] ?? 0, sale, totalPrice)) return false
    if (!sameText(order, trackNumberAt, at + ITEM.at.track_number)) return false
    sum += totalPrice
  }
  return sum === goodsTotal
}

function sameText({ bytes, fields }: ScannedOrder, one: number, other: number): boolean {
  const start = fields[one] ?? 0
  const length = (fields[one + 1] ?? 0) - start
  const otherStart = fields[other] ?? 0
  if ((fields[other + 1] ?? 0) - otherStart !== length) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[otherStart + i]) return false
  return true
}

function sumOfTotals(items: readonly Item[]): number {
  let sum = 0
  for (const item of items) sum += item.total_price
  return sum
}

function isDiscounted(price: number, sale: number, totalPrice: number): boolean {
  return Math.abs(totalPrice - discounted(price, sale)) <= 1
}

/** ⌊price × (100 − sale) / 100⌋, by hundreds, since the product of two safe integers need not be one. */
function discounted(price: number, sale: number): number {
  const rest = price % 100
  return ((price - rest) / 100) * (100 - sale) + Math.floor((rest * (100 - sale)) / 100)
}
