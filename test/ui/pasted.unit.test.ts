import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { curlFor } from '../../ui/order/curl.ts'
import { isUid, termOf } from '../../ui/search/pasted.ts'

const UID = 'b563feb7b2b84b6test'

describe('what is pasted into the search', () => {
  for (const pasted of [
    UID,
    `  ${UID}\n`,
    `"${UID}"`,
    `'${UID}',`,
    `http://127.0.0.1:8080/orders/${UID}`,
    `https://sluice.example/order/${UID}?x=1#y`,
    `/orders/${UID}`,
    `orders/${UID}`,
    `http://127.0.0.1:8080/api/v1/lookup/${UID}`,
    `{"order_uid":"${UID}","track_number":"WBILMTESTTRACK"}`,
    `level=info order_uid=${UID} msg=stored`,
    `order_uid: ${UID}`,
  ]) {
    it(`is understood as a uid: ${pasted.trim().slice(0, 60)}`, () => assert.equal(termOf(pasted), UID))
  }

  it('is taken as it is when it is anything else', () => {
    for (const text of [
      'WBILMTESTTRACK',
      'Track number, with spaces',
      '%E0%A4%A',
      'https://example/about',
      '…',
    ]) {
      assert.equal(termOf(text), text)
    }
    assert.equal(termOf('https://x/orders/%E0%A4%A'), '%E0%A4%A')
    assert.equal(termOf('https://x/orders/a%3Ab'), 'a:b')
  })

  it('is never longer than anything that can be found', () => {
    assert.equal(termOf('x'.repeat(1_000_000)).length, 1_024)
  })
})

describe('a uid', () => {
  it('is what an address can hold', () => {
    for (const uid of [UID, 'a', 'A.b_c:d~e-f', '...', 'x'.repeat(128)]) assert.ok(isUid(uid), uid)
    for (const text of ['', '.', '..', 'a b', 'a/b', 'é', '<b>', "a'b", 'x'.repeat(129)]) {
      assert.ok(!isUid(text), text)
    }
  })

  it('makes a command line that asks for its JSON', () => {
    assert.equal(curlFor('http://127.0.0.1:8080', 'a~b'), "curl 'http://127.0.0.1:8080/order/a~b'")
  })
})
