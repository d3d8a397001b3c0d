import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scanOrder } from '../../src/order/scan.ts'
import { canonicalText, modelWith } from './fixtures.ts'

test('nothing is read beyond the end of a value, wherever it ends: one such read makes the scan slow for good', () => {
  const whole = Buffer.from(canonicalText(modelWith('/date_created', '2021-11-26T06:22:19.123Z')))
  assert.notEqual(scanOrder(whole), undefined)
  let beyond = 0
  for (let length = 0; length < whole.length; length++) {
    const part = whole.subarray(0, length)
    const watched = new Proxy(part, {
      get: (target, name): unknown => {
        if (typeof name === 'string' && /^\d+$/.test(name) && Number(name) >= length) beyond++
        return Reflect.get(target, name, target)
      },
    })
    assert.equal(scanOrder(watched), undefined, String(length))
  }
  assert.equal(beyond, 0)
})
