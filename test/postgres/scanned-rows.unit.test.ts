import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readContent } from '../../src/order/order-content.ts'
import type { NewOrder } from '../../src/pipeline/orders-role.ts'
import { deliveryRows, itemRows, orderRows, paymentRows } from '../../src/postgres/order-rows.ts'
import { orders } from '../order/arbitrary-orders.ts'
import { canonicalText, LIMITS } from '../order/fixtures.ts'

const TOPIC_ID = '11111111-1111-4111-8111-111111111111'

test('a scanned order goes into each table as the same bytes as its parsed twin', () => {
  let scanned = 0
  fc.assert(
    fc.property(fc.array(orders, { minLength: 1, maxLength: 3 }), (some) => {
      const quick = some.map((order, sourceOffset): NewOrder => {
        const reading = readContent(Buffer.from(canonicalText(JSON.stringify(order))), LIMITS)
        assert.ok(reading.ok)
        if (reading.content.scanned !== undefined) scanned++
        return { content: reading.content, sourcePartition: 3, sourceOffset }
      })
      const slow = quick.map(({ content, ...source }) => {
        const { uid, contentHash, unknownFields, order } = content
        return { content: { uid, contentHash, unknownFields, order, scanned: undefined }, ...source }
      })
      assert.deepEqual(orderRows(quick, TOPIC_ID).finish(), orderRows(slow, TOPIC_ID).finish())
      for (const rows of [deliveryRows, paymentRows, itemRows])
        assert.deepEqual(rows(quick).finish(), rows(slow).finish())
    }),
  )
  assert.ok(scanned > 0)
})
