import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOrder } from '../../src/order/read-order.ts'
import { brokenPointers, LIMITS, MODEL_BYTES, modelOrder, modelWith, OTHER_BYTES, read } from './fixtures.ts'

function failureType(value: string | Buffer | null): string {
  const result = read(value)
  return result.ok ? 'ok' : result.type
}

test('both fixtures are valid and have no unknown fields', () => {
  for (const bytes of [MODEL_BYTES, OTHER_BYTES]) {
    const result = read(bytes)
    assert.ok(result.ok)
    assert.equal(result.unknownFields, 0)
  }
})

test('a missing and an empty value are empty_value', () => {
  assert.equal(failureType(null), 'empty_value')
  assert.equal(failureType(''), 'empty_value')
})

test('a value above the limit is too_large whatever is in it, one at the limit is read', () => {
  const value = Buffer.from(MODEL_BYTES)
  assert.ok(readOrder(value, { ...LIMITS, maxBytes: value.length }).ok)
  const result = readOrder(value, { ...LIMITS, maxBytes: value.length - 1 })
  assert.ok(!result.ok && result.type === 'too_large')
  assert.equal(failureType(Buffer.alloc(LIMITS.maxBytes + 1, 0xff)), 'too_large')
})

test('bytes that are not UTF-8 are malformed_utf8', () => {
  const sequences = ['ff', 'c0af', 'eda080', 'f4908080', 'e282', '80']
  for (const hex of sequences) {
    const value = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')])
    assert.equal(failureType(value), 'malformed_utf8', hex)
  }
})

test('one byte order mark is accepted', () => {
  const mark = Buffer.from('efbbbf', 'hex')
  assert.equal(failureType(Buffer.concat([mark, MODEL_BYTES])), 'ok')
  assert.equal(failureType(Buffer.concat([mark, OTHER_BYTES])), 'ok')
  assert.equal(failureType(Buffer.concat([mark, mark, MODEL_BYTES])), 'malformed_json')
  assert.equal(failureType(mark), 'malformed_json')
})

test('what is not JSON is malformed_json', () => {
  const texts = [
    ' ',
    '{',
    '{"a":1}{"b":2}',
    "{'a':1}",
    '{"a":1,}',
    'undefined',
    'NaN',
    '{"a":01}',
    '"a\u0000"',
  ]
  for (const text of texts) assert.equal(failureType(text), 'malformed_json', text)
})

test('JSON that is no object is invalid_order at the pointer ""', () => {
  for (const text of ['[]', 'null', '1', '"text"', 'true', `[${MODEL_BYTES.toString()}]`])
    assert.deepEqual(brokenPointers(text), [''], text)
})

test('64 levels are read and 65 are malformed_json, the outermost counted as 1', () => {
  const nested = (levels: number) => '['.repeat(levels - 1) + ']'.repeat(levels - 1)
  const json = modelWith('/extra', 'HERE')
  assert.equal(failureType(json.replace('"HERE"', nested(64))), 'ok')
  assert.equal(failureType(json.replace('"HERE"', nested(65))), 'malformed_json')
})

test('brackets inside strings are no levels, whatever is escaped there', () => {
  const text = `${'[{'.repeat(100)}\\"${'['.repeat(100)}\\\\`
  assert.equal(failureType(modelWith('/delivery/address', text)), 'ok')
  const order = modelOrder()
  order.items = Array.from({ length: 300 }, () => ({ ...modelOrder().items[0]! }))
  assert.equal(failureType(JSON.stringify(order)), 'ok')
})

test('a hundred thousand nested arrays are refused without recursion, closed or not', () => {
  assert.equal(failureType('['.repeat(100_000) + ']'.repeat(100_000)), 'malformed_json')
  assert.equal(failureType('['.repeat(1_000_000)), 'malformed_json')
  assert.equal(failureType('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)), 'malformed_json')
})

test('of duplicate keys the last wins', () => {
  const text = MODEL_BYTES.toString().trim().replace(/}$/, ',"order_uid":"second","sm_id":7}')
  const result = read(text)
  assert.ok(result.ok)
  assert.equal(result.order.order_uid, 'second')
  assert.equal(result.order.sm_id, 7)
})

test('unknown fields are counted at every level and reach nothing', () => {
  const text = modelWith('/items/0/colour', 'red')
    .replace('"delivery":{', '"__proto__":{"admin":true},"constructor":1,"delivery":{"__proto__":null,')
    .replace('"payment":{', '"payment":{"toString":"x",')
  const result = read(text)
  assert.ok(result.ok)
  assert.equal(result.unknownFields, 5)
  assert.equal(Reflect.get(result.order, 'admin'), undefined)
  assert.equal(Reflect.get({}, 'admin'), undefined)
})

test('absent optional texts are no unknown fields', () => {
  const result = read(modelWith('/payment/request_id', undefined))
  assert.ok(result.ok && result.unknownFields === 0)
})

test('required fields are not found on the prototype', () => {
  assert.deepEqual(
    brokenPointers(modelWith('/delivery', undefined).replace('{', '{"__proto__":{"delivery":{}},')),
    ['/delivery'],
  )
})

test('every violation is reported at once, with the index of the item', () => {
  const order = modelOrder()
  order.items.push({ ...order.items[0]!, price: -1 }, { ...order.items[0]!, name: '' })
  order.sm_id = 1.5
  order.delivery.email = 'nobody'
  assert.deepEqual(brokenPointers(JSON.stringify(order)), [
    '/delivery/email',
    '/items/1/price',
    '/items/2/name',
    '/sm_id',
  ])
})

test('a missing object is one violation, not one for each of its fields', () => {
  assert.deepEqual(brokenPointers(modelWith('/delivery', undefined)), ['/delivery'])
  assert.deepEqual(brokenPointers(modelWith('/payment', null)), ['/payment'])
  assert.deepEqual(brokenPointers(modelWith('/items/0', 5)), ['/items/0'])
})

test('the first 20 violations are kept, all are counted', () => {
  const order = { ...modelOrder(), items: Array.from({ length: 10_000 }, () => ({})) }
  const result = read(JSON.stringify(order))
  assert.ok(!result.ok)
  assert.equal(result.violations.length, 20)
  assert.equal(result.violationCount, 110_000)
  assert.ok(result.message.length < 1000)
  assert.match(result.message, /; and 109995 more$/)
})

test('neither message nor pointers quote the payload', () => {
  const secret = 'S3CRET'
  const values = [
    `{"a":"${secret}`,
    secret,
    `{"${secret}":1}`,
    modelWith('/order_uid', `${secret} `),
    modelWith('/date_created', secret),
    modelWith('/delivery', secret),
    modelWith('/items', { [secret]: 1 }),
    modelWith('/delivery/name', `${secret}\u0000`),
    Buffer.concat([Buffer.from(secret), Buffer.from([0xff])]),
  ]
  for (const value of values) {
    const result = read(value)
    assert.ok(!result.ok)
    assert.ok(!JSON.stringify(result).includes(secret))
  }
})

test('ten thousand items are an order, one more is not', () => {
  const item = { ...modelOrder().items[0]!, track_number: 't', rid: 'r', name: 'n', brand: 'b' }
  const order = modelOrder()
  const limits = { ...LIMITS, maxBytes: 10 * LIMITS.maxBytes }
  order.items = Array.from({ length: 10_000 }, () => item)
  assert.ok(readOrder(Buffer.from(JSON.stringify(order)), limits).ok)
  order.items.push(item)
  const result = readOrder(Buffer.from(JSON.stringify(order)), limits)
  assert.ok(!result.ok)
  assert.deepEqual(result.violations, [{ pointer: '/items', rule: 'must have 1 to 10000 elements' }])
})
