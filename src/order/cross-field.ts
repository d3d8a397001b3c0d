import { epochSeconds } from './instant.ts'
import type { Item, Order } from './order.ts'

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
  X4: ({ items }) =>
    items.every(({ price, sale, total_price }) => {
      return Math.abs(total_price - discounted(price, sale)) <= 1
    }),
  X5: ({ items, track_number }) => items.every((item) => item.track_number === track_number),
  X6: ({ payment, date_created }) =>
    payment.payment_dt <= epochSeconds(date_created) + PAYMENT_CLOCK_SKEW_SECONDS,
  X7: ({ items }) => items.every(({ sale }) => sale <= 100),
}

/** The rules that a valid order breaks, each once. */
export function crossFieldViolations(order: Order): readonly CrossFieldRule[] {
  return CROSS_FIELD_RULES.filter((rule) => !HOLDS[rule](order))
}

function sumOfTotals(items: readonly Item[]): number {
  let sum = 0
  for (const item of items) sum += item.total_price
  return sum
}

/** ⌊price × (100 − sale) / 100⌋, by hundreds, since the product of two safe integers need not be one. */
function discounted(price: number, sale: number): number {
  const rest = price % 100
  return ((price - rest) / 100) * (100 - sale) + Math.floor((rest * (100 - sale)) / 100)
}
