import type { Item, Order } from '../order/order.ts'
import { DELIVERY_SERVICES, GOODS, MAIL_DOMAINS, MARKETS, PROVIDERS, SIZES } from './catalogue.ts'
import { randomAt, type Random, type Seed } from './random.ts'

/** Fixed, so that a seed makes the same bytes on any day. */
const FIRST_ORDER_MS = Date.UTC(2026, 0, 1)
const BETWEEN_ORDERS_MS = 7_000
const MAX_ITEMS = 20

/** P(n) ∝ 1/n²: nearly four of five orders have one or two items, one in fifty has more than a dozen. */
const ITEM_COUNTS = cumulative(Array.from({ length: MAX_ITEMS }, (_, index) => (index + 1) ** -2))

const GENERATE = 0

export function uidOf(seed: Seed, number: number): string {
  return `${seed.tag}-${number}`
}

/**
 * Order `number` of `seed`, from 0: always the same, and no other has its uid. About 1 KB as JSON. All hard
 * and all cross-field rules hold, and it is in canonical form.
 */
export function generateOrder(seed: Seed, number: number): Order {
  const random = randomAt(seed, number, GENERATE)
  const uid = uidOf(seed, number)
  const market = random.pick(MARKETS)
  const [city, region, zip] = random.pick(market.cities)
  const createdMs = FIRST_ORDER_MS + number * BETWEEN_ORDERS_MS + random.between(0, 999)
  const trackNumber = `WB${random.between(100_000_000, 999_999_999)}TRACK`
  const items = generateItems(random, trackNumber)
  const goodsTotal = items.reduce((sum, item) => sum + item.total_price, 0)
  const deliveryCost = random.between(0, 30) * 50
  const customFee = random.chance(0.1) ? random.between(1, 500) : 0
  const customer = random.between(1, 999_999)
  return {
    order_uid: uid,
    track_number: trackNumber,
    entry: random.pick(['WBIL', 'WEB', 'APP']),
    delivery: {
      name: `${random.pick(market.firstNames)} ${random.pick(market.lastNames)}`,
      phone: `${market.phonePrefix}${random.between(1_000_000, 9_999_999)}`,
      zip,
      city,
      address: `${random.pick(market.streets)} ${random.between(1, 200)}, ${random.between(1, 400)}`,
      region,
      email: `customer.${customer}@${random.pick(MAIL_DOMAINS)}`,
    },
    payment: {
      transaction: uid,
      request_id: random.chance(0.2) ? `req-${random.between(1, 999_999)}` : '',
      currency: market.currency,
      provider: random.pick(PROVIDERS),
      amount: goodsTotal + deliveryCost + customFee,
      payment_dt: Math.floor(createdMs / 1000) - random.between(0, 600),
      bank: random.pick(market.banks),
      delivery_cost: deliveryCost,
      goods_total: goodsTotal,
      custom_fee: customFee,
    },
    items,
    locale: market.locale,
    internal_signature: random.chance(0.05) ? `sig${random.between(1, 999_999)}==` : '',
    customer_id: `customer-${customer}`,
    delivery_service: random.pick(DELIVERY_SERVICES),
    shardkey: String(random.between(0, 9)),
    sm_id: random.between(0, 99),
    date_created: instantOf(createdMs),
    oof_shard: String(random.between(0, 3)),
  }
}

function generateItems(random: Random, trackNumber: string): Item[] {
  const at = random.fraction()
  const count = 1 + ITEM_COUNTS.findIndex((upTo) => at < upTo)
  return Array.from({ length: count }, () => generateItem(random, trackNumber))
}

function generateItem(random: Random, trackNumber: string): Item {
  const [name, brand, usualPrice] = random.pick(GOODS)
  const price = Math.round(usualPrice * (0.8 + 0.4 * random.fraction()))
  const sale = random.pick([0, 0, 0, 5, 10, 15, 30, 50, 70])
  return {
    chrt_id: random.between(1_000_000, 9_999_999),
    track_number: trackNumber,
    price,
    rid: `${random.between(0, 2 ** 32 - 1).toString(16)}${random.between(0, 2 ** 32 - 1).toString(16)}`,
    name,
    sale,
    size: random.pick(SIZES),
    total_price: Math.floor((price * (100 - sale)) / 100),
    nm_id: random.between(1_000_000, 9_999_999),
    brand,
    status: random.pick([200, 202, 202, 202, 404]),
  }
}

/** Canonical: no fraction when it is zero, no trailing zeros in it. */
function instantOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
}

function cumulative(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  return weights.map((weight, index) => (index === weights.length - 1 ? 1 : (sum += weight / total)))
}
