import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { contentHash } from '../../src/order/content-hash.ts'
import { canonicalText, MODEL_BYTES, modelOrder, modelWith, OTHER_BYTES, read } from './fixtures.ts'

const MODEL_CANONICAL =
  '{"order_uid":"b563feb7b2b84b6test","track_number":"WBILMTESTTRACK","entry":"WBIL",' +
  '"delivery":{"name":"Test Testov","phone":"+9720000000","zip":"2639809","city":"Kiryat Mozkin",' +
  '"address":"Ploshad Mira 15","region":"Kraiot","email":"test@gmail.com"},' +
  '"payment":{"transaction":"b563feb7b2b84b6test","request_id":"","currency":"USD","provider":"wbpay",' +
  '"amount":1817,"payment_dt":1637907727,"bank":"alpha","delivery_cost":1500,"goods_total":317,"custom_fee":0},' +
  '"items":[{"chrt_id":9934930,"track_number":"WBILMTESTTRACK","price":453,"rid":"ab4219087a764ae0btest",' +
  '"name":"Mascaras","sale":30,"size":"0","total_price":317,"nm_id":2389212,"brand":"Vivienne Sabo","status":202}],' +
  '"locale":"en","internal_signature":"","customer_id":"test","delivery_service":"meest","shardkey":"9",' +
  '"sm_id":99,"date_created":"2021-11-26T06:22:19Z","oof_shard":"1"}'

const OTHER_CANONICAL =
  '{"order_uid":"gen-20260301.7~a","track_number":"TRACK:9","entry":"WEB",' +
  '"delivery":{"name":"Анна Ёлкина-О’Нил","phone":"8 (495) 123-45-67","zip":"101000","city":"Санкт-Петербург",' +
  '"address":"наб. реки Мойки, 12, кв. 3","region":"СЗФО","email":"anna+заказ@пример.рф"},' +
  '"payment":{"transaction":"tx-77","request_id":"req-1","currency":"RUB","provider":"sbp","amount":0,' +
  '"payment_dt":0,"bank":"сбер","delivery_cost":0,"goods_total":0,"custom_fee":0},' +
  '"items":[{"chrt_id":0,"track_number":"TRACK:9","price":0,"rid":"r","name":"Подарок 🎁","sale":0,"size":"0",' +
  '"total_price":0,"nm_id":0,"brand":"—","status":0},' +
  '{"chrt_id":9007199254740991,"track_number":"OTHER","price":1000,"rid":"r2","name":"Phone","sale":15,"size":"M",' +
  '"total_price":850,"nm_id":555555,"brand":"Xiaomi","status":200}],' +
  '"locale":"ru","internal_signature":"sig==","customer_id":"c-1","delivery_service":"meest","shardkey":"10",' +
  '"sm_id":0,"date_created":"2026-03-01T00:04:05.123456Z","oof_shard":"0"}'

function hashOf(value: string | Buffer): string {
  const result = read(value)
  assert.ok(result.ok)
  return result.contentHash.toString('hex')
}

test("the fixture's canonical form is itself without white space", () => {
  assert.equal(canonicalText(MODEL_BYTES), MODEL_CANONICAL)
})

test("another producer's order keeps its Cyrillic and gets its instant in UTC", () => {
  assert.equal(canonicalText(OTHER_BYTES), OTHER_CANONICAL)
})

test('an order put together in another field order has the same bytes', () => {
  const order = modelOrder()
  const reversed = Object.fromEntries(Object.entries(order).toReversed()) as unknown as typeof order
  reversed.delivery = Object.fromEntries(
    Object.entries(order.delivery).toReversed(),
  ) as unknown as typeof order.delivery
  assert.equal(canonicalBytes(reversed).toString(), MODEL_CANONICAL)
})

test('absent texts that may be empty come out as empty texts', () => {
  assert.equal(canonicalText(modelWith('/internal_signature', undefined)), MODEL_CANONICAL)
  assert.equal(canonicalText(modelWith('/payment/request_id', undefined)), MODEL_CANONICAL)
})

test('numbers have one spelling: 1817.0, 18.17e2 and -0 are integers', () => {
  const text = MODEL_BYTES.toString()
  assert.equal(canonicalText(text.replace('1817', '1817.0')), MODEL_CANONICAL)
  assert.equal(canonicalText(text.replace('1817', '18.17e2')), MODEL_CANONICAL)
  assert.equal(canonicalText(text.replace('"custom_fee":0', '"custom_fee":-0')), MODEL_CANONICAL)
  const result = read(text.replace('"custom_fee":0', '"custom_fee":-0'))
  assert.ok(result.ok && Object.is(result.order.payment.custom_fee, 0))
})

test('the content hash is the version and the SHA-256 of the canonical bytes', () => {
  const digest = createHash('sha256').update(MODEL_CANONICAL).digest('hex')
  assert.equal(hashOf(MODEL_BYTES), `01${digest}`)
  assert.equal(contentHash(Buffer.from(MODEL_CANONICAL)).toString('hex'), `01${digest}`)
})

test('unknown fields and the order of keys leave the content hash alone, any known field changes it', () => {
  assert.equal(hashOf(modelWith('/items/0/colour', 'red')), hashOf(MODEL_BYTES))
  assert.notEqual(hashOf(modelWith('/items/0/status', 203)), hashOf(MODEL_BYTES))
  assert.notEqual(hashOf(modelWith('/internal_signature', 'x')), hashOf(MODEL_BYTES))
})

test('the result does not refer to the memory that it was read from', () => {
  const value = Buffer.from(MODEL_BYTES)
  const result = read(value)
  value.fill(0)
  assert.ok(result.ok)
  assert.equal(result.canonical.toString(), MODEL_CANONICAL)
})
