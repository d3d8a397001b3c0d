import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { Access } from '../../src/http/access.ts'
import type { StaticFiles } from '../../src/http/static-files.ts'
import { openTestServer, type TestServer } from './open-test-server.ts'

const UID = 'b563feb7b2b84b6test'
const ORDER = { bytes: readFileSync(new URL('../fixtures/model.json', import.meta.url)), etag: '"tag-of-it"' }
const TOKEN = 'read-token-0123456789'
const PAGE = new Map([
  ['index.html', { bytes: Buffer.from('<!doctype html>'), type: 'text/html', etag: '"p"' }],
])

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers })
  const { date: _, ...others } = Object.fromEntries(response.headers)
  return { status: response.status, headers: others, body: await response.text() }
}

/** Counts what goes the usual way. */
async function serverWithOrderInMemory(
  t: TestContext,
  options: { access?: Access; page?: StaticFiles } = {},
): Promise<TestServer & { readonly usual: () => number }> {
  let usual = 0
  const peekOrder = (uid: string) => (uid === UID ? ORDER : undefined)
  const readOrder = async (uid: string) => ((usual += 1), peekOrder(uid))
  const { access, page = new Map() } = options
  const server = await openTestServer(t, { ...(access && { access }), api: { peekOrder, readOrder, page } })
  return { ...server, usual: () => usual }
}

for (const route of ['orders', 'order'])
  test(`an order in memory is answered at once with the very headers and bytes of the usual way: /${route}`, async (t) => {
    const { url, usual } = await serverWithOrderInMemory(t)
    const asks = [{}, { 'if-none-match': ORDER.etag }, { 'if-none-match': '"other", W/"tag-of-it"' }]
    for (const headers of asks) {
      const atOnce = await ask(`${url}/${route}/${UID}`, headers)
      const before = usual()
      const theUsualWay = await ask(`${url}/${route}/${UID}?`, headers)
      assert.equal(usual(), before + 1)
      assert.deepEqual(atOnce, theUsualWay)
      assert.equal(atOnce.status, 'if-none-match' in headers ? 304 : 200)
    }
    const before = usual()
    await ask(`${url}/${route}/${UID}`)
    assert.equal(usual(), before)
  })

test('an order in memory is for those who may read, at once or not', async (t) => {
  const access = { readToken: TOKEN, allowAnonymousReads: false, allowAnonymousChanges: false }
  const { url } = await serverWithOrderInMemory(t, { access })
  for (const path of [`/orders/${UID}`, `/order/${UID}`]) {
    assert.equal((await ask(url + path)).status, 401)
    assert.equal((await ask(url + path, { authorization: `Bearer ${TOKEN}x` })).status, 401)
    assert.equal((await ask(url + path, { authorization: `Bearer ${TOKEN}` })).status, 200)
  }
})

test('a browser is shown the page of an order and programs its bytes, whether it is in memory or not', async (t) => {
  const { url } = await serverWithOrderInMemory(t, { page: PAGE })
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
  for (const uid of [UID, 'unknown']) {
    const page = await ask(`${url}/orders/${uid}`, browser)
    assert.deepEqual([page.status, page.body, page.headers['vary']], [200, '<!doctype html>', 'Accept'])
  }
  for (const accept of ['application/json', '*/*', 'application/json, text/html;q=0.9', 'text/plain']) {
    const order = await ask(`${url}/orders/${UID}`, { accept })
    assert.equal(order.body, ORDER.bytes.toString(), accept)
    assert.equal(order.headers['vary'], 'Accept')
  }
  assert.equal((await ask(`${url}/order/${UID}`, browser)).body, ORDER.bytes.toString())
})

test('a request without a Host header, with another method or a body is no exception', async (t) => {
  const { url } = await serverWithOrderInMemory(t)
  const head = await fetch(`${url}/orders/${UID}`, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(ORDER.bytes.length)])
  assert.equal((await fetch(`${url}/orders/${UID}`, { method: 'DELETE' })).status, 405)
})
