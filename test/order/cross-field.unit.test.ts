import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossFieldViolations } from '../../src/order/cross-field.ts'
import type { Order } from '../../src/order/order.ts'
import { modelOrder, OTHER_BYTES, read } from './fixtures.ts'

function broken(change: (order: Order) => void): readonly string[] {
  const order = modelOrder()
  change(order)
  return crossFieldViolations(order)
}

test('all rules hold for the fixture', () => {
  assert.deepEqual(crossFieldViolations(modelOrder()), [])
})

test("the other producer's order breaks X1, X2 and X5", () => {
  const result = read(OTHER_BYTES)
  assert.ok(result.ok)
  assert.deepEqual(crossFieldViolations(result.order), ['X1', 'X2', 'X5'])
})

test('X1: the transaction is the order', () => {
  assert.deepEqual(
    broken((order) => (order.payment.transaction = 'other')),
    ['X1'],
  )
})

test('X2: the goods are the sum of the items', () => {
  const change = (order: Order) => {
    order.payment.goods_total++
    order.payment.amount++
  }
  assert.deepEqual(broken(change), ['X2'])
})

test('X2 and X3 are exact up to the largest sums', () => {
  const change = (order: Order) => {
    const item = order.items[0]!
    Object.assign(item, { price: Number.MAX_SAFE_INTEGER, sale: 0, total_price: Number.MAX_SAFE_INTEGER })
    order.items.push({ ...item, price: 1, total_price: 1 })
    Object.assign(order.payment, { goods_total: Number.MAX_SAFE_INTEGER, amount: Number.MAX_SAFE_INTEGER })
    Object.assign(order.payment, { delivery_cost: 0 })
  }
  assert.deepEqual(broken(change), ['X2'])
})

test('X3: the amount is goods, delivery and fee', () => {
  assert.deepEqual(
    broken((order) => order.payment.amount--),
    ['X3'],
  )
  assert.deepEqual(
    broken((order) => order.payment.custom_fee++),
    ['X3'],
  )
})

test('X4: the total is the discounted price, rounded down, one more or less', () => {
  // The sum and the amount follow, so that only this rule is in question.
  const withTotal = (total: number) => (order: Order) => {
    order.items[0]!.total_price = total
    order.payment.goods_total = total
    order.payment.amount = total + order.payment.delivery_cost
  }
  for (const total of [316, 317, 318]) assert.deepEqual(broken(withTotal(total)), [], String(total))
  for (const total of [315, 319]) assert.deepEqual(broken(withTotal(total)), ['X4'], String(total))
})

test('X4 is exact for the largest price', () => {
  const withPrice = (total: number) => (order: Order) => {
    Object.assign(order.items[0]!, { price: Number.MAX_SAFE_INTEGER, sale: 1, total_price: total })
    Object.assign(order.payment, { goods_total: total, delivery_cost: 0, amount: total })
  }
  const exact = Number((BigInt(Number.MAX_SAFE_INTEGER) * 99n) / 100n)
  assert.deepEqual(broken(withPrice(exact)), [])
  assert.deepEqual(broken(withPrice(exact + 2)), ['X4'])
})

test("X5: every item is on the order's track", () => {
  assert.deepEqual(
    broken((order) => (order.items[0]!.track_number = 'OTHER')),
    ['X5'],
  )
})

test('X6: nobody pays more than a minute before the order is made', () => {
  const createdAt = Date.parse(modelOrder().date_created) / 1000
  assert.deepEqual(
    broken((order) => (order.payment.payment_dt = createdAt + 60)),
    [],
  )
  assert.deepEqual(
    broken((order) => (order.payment.payment_dt = createdAt + 61)),
    ['X6'],
  )
})

test('X7: no discount above 100 %', () => {
  const withSale = (sale: number) => (order: Order) => {
    Object.assign(order.items[0]!, { sale, price: 0, total_price: 0 })
    Object.assign(order.payment, { goods_total: 0, amount: order.payment.delivery_cost })
  }
  assert.deepEqual(broken(withSale(100)), [])
  assert.deepEqual(broken(withSale(101)), ['X7'])
})
