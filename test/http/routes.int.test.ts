import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openTestServer } from './open-test-server.ts'

const ORDER = readFileSync(new URL('../fixtures/model.json', import.meta.url))
const UID = 'b563feb7b2b84b6test'

function readOrder(uid: string): Promise<Buffer | undefined> {
  return Promise.resolve(uid === UID ? ORDER : undefined)
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  const problem = (await response.json()) as Record<string, unknown>
  assert.equal(problem['status'], response.status)
  assert.equal(problem['type'], `urn:sluice:problem:${String(problem['code'])}`)
  assert.equal(typeof problem['title'], 'string')
  assert.equal(typeof problem['detail'], 'string')
  return problem
}

for (const path of ['/orders/', '/order/']) {
  test(`${path}{uid} gives the canonical bytes exactly as they are stored`, async (t) => {
    const { url } = await openTestServer(t, { readOrder })
    const response = await fetch(url + path + UID)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'private, no-cache')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), ORDER)
  })
}

test('an unknown order is 404 and an impossible uid is 400, and neither is quoted', async (t) => {
  const { url } = await openTestServer(t, { readOrder })
  const unknown = await fetch(`${url}/orders/nobody-has-this`)
  assert.equal(unknown.status, 404)
  const problem = await problemOf(unknown)
  assert.equal(problem['code'], 'unknown_order')
  assert.ok(!JSON.stringify(problem).includes('nobody'))
  for (const uid of ['a%20b', 'a%2Fb', '%D0%96', 'a'.repeat(129), '%00', '%3Cscript%3E']) {
    const impossible = await fetch(`${url}/orders/${uid}`)
    const { code } = await problemOf(impossible)
    assert.deepEqual([impossible.status, code], [400, 'impossible_uid'], uid)
  }
})

test('every character that a uid may have reaches the reader as it is', async (t) => {
  const seen: string[] = []
  const { url } = await openTestServer(t, {
    readOrder: async (uid) => (seen.push(uid), undefined),
  })
  const uids = ['a.b_c:d~e-f', '...', 'a'.repeat(128), '~', ':', '1']
  for (const uid of uids) await fetch(`${url}/orders/${uid}`)
  await fetch(`${url}/orders/${'%61'.repeat(128)}`)
  assert.deepEqual(seen, [...uids, 'a'.repeat(128)])
})

test('an order that can not be read now is 503 with Retry-After, not 404, and the error stays inside', async (t) => {
  const server = await openTestServer(t, {
    readOrder: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432')),
  })
  const response = await fetch(`${server.url}/orders/${UID}`)
  assert.equal(response.status, 503)
  assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
  const problem = await problemOf(response)
  assert.equal(problem['code'], 'unavailable')
  assert.ok(!JSON.stringify(problem).includes('10.0.0.7'))
  assert.deepEqual(
    server.logged.map(([event]) => event),
    ['http_read_failed'],
  )
})

test('a reader that never answers is 503 when its time is up', async (t) => {
  const { url } = await openTestServer(t, {
    readOrder: () => new Promise(() => {}),
    limits: { handlerTimeoutMs: 50 },
  })
  const response = await fetch(`${url}/orders/${UID}`)
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.equal((await problemOf(response))['code'], 'unavailable')
})

test('an order has a strong tag, and an unchanged one is 304 without a body', async (t) => {
  const { url } = await openTestServer(t, { readOrder })
  const first = await fetch(`${url}/orders/${UID}`)
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{43}"$/)
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await fetch(`${url}/orders/${UID}`, { headers: { 'if-none-match': known } })
    assert.equal(again.status, 304, known)
    assert.equal(again.headers.get('etag'), etag)
    assert.equal(again.headers.get('cache-control'), 'private, no-cache')
    assert.equal(await again.text(), '')
  }
  const changed = await fetch(`${url}/orders/${UID}`, { headers: { 'if-none-match': '"other"' } })
  assert.equal(changed.status, 200)
})

test('HEAD answers as GET does, without the body', async (t) => {
  const { url } = await openTestServer(t, { readOrder })
  for (const path of [`/orders/${UID}`, '/orders/unknown', '/metrics', '/livez', '/readyz', '/']) {
    const get = await fetch(url + path)
    const body = await get.arrayBuffer()
    const head = await fetch(url + path, { method: 'HEAD' })
    assert.equal(head.status, get.status, path)
    assert.equal(head.headers.get('content-length'), String(body.byteLength), path)
    assert.equal(head.headers.get('etag'), get.headers.get('etag'))
    assert.equal(await head.text(), '')
  }
})

test('liveness never looks at anything; readiness tells by its status', async (t) => {
  let ready = true
  const { url } = await openTestServer(t, {
    readOrder: () => Promise.reject(new Error('away')),
    deps: {
      metricsText: () => Promise.reject(new Error('away')),
      readiness: () => {
        if (!ready) throw new Error('broken')
        return { ready, checks: {} }
      },
    },
  })
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  ready = false
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  assert.equal((await fetch(`${url}/livez`)).status, 200)
  assert.equal((await fetch(`${url}/metrics`)).status, 503)
})

test('?verbose lists each check, ready or not, and no credentials', async (t) => {
  let ready = true
  const { url } = await openTestServer(t, {
    deps: {
      readiness: () => ({
        ready,
        checks: {
          database: { ok: ready, detail: 'postgres://app:hunter2hunter2@db:5432/orders refused' },
          kafka: { ok: true, detail: 'x'.repeat(5_000) },
        },
      }),
    },
  })
  assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { status: 'ready' })
  for (ready of [true, false]) {
    const response = await fetch(`${url}/readyz?verbose`)
    assert.equal(response.status, ready ? 200 : 503)
    const text = await response.text()
    assert.ok(!text.includes('hunter2'))
    const { checks } = JSON.parse(text) as { checks: Record<string, { ok: boolean; detail: string }> }
    assert.deepEqual(checks['database'], { ok: ready, detail: 'postgres://***@db:5432/orders refused' })
    assert.equal(checks['kafka']?.detail.length, 200)
  }
})

test('metrics come with the type of their format', async (t) => {
  const { url } = await openTestServer(t)
  const response = await fetch(`${url}/metrics`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(await response.text(), 'up 1\n')
})

test('no route is 404, a wrong method is 405 with what is allowed, both as problems', async (t) => {
  const { url } = await openTestServer(t)
  const nowhere = await fetch(`${url}/nowhere?x=1`, { method: 'POST', body: 'x'.repeat(100) })
  assert.equal(nowhere.status, 404)
  assert.equal((await problemOf(nowhere))['code'], 'not_found')
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const path of ['/orders/x', '/order/x', '/metrics', '/livez', '/readyz', '/']) {
      const body = method === 'OPTIONS' ? null : '{"not json'
      const response = await fetch(url + path, {
        method,
        body,
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(response.status, 405, `${method} ${path}`)
      assert.equal(response.headers.get('allow'), 'GET, HEAD')
      assert.equal((await problemOf(response))['code'], 'method_not_allowed')
    }
  }
})

test('the address alone shows what there is', async (t) => {
  const { url } = await openTestServer(t)
  const index = (await (await fetch(url)).json()) as Record<string, string>
  assert.equal(index['order'], '/orders/{uid}')
})

test('every answer, also a problem, forbids sniffing, framing and loading', async (t) => {
  const { url } = await openTestServer(t, { readOrder })
  for (const path of [`/orders/${UID}`, '/orders/unknown', '/orders/%zz', '/nowhere', '/metrics', '/livez']) {
    const { headers } = await fetch(url + path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path)
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/, path)
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path)
  }
})

test('an instance that serves only probes and metrics has nothing else', async (t) => {
  const { url } = await openTestServer(t, { api: 'none' })
  for (const path of ['/livez', '/readyz', '/metrics', '/'])
    assert.equal((await fetch(url + path)).status, 200, path)
  for (const path of [`/orders/${UID}`, '/api/v1/orders', '/api/v1/flow/events', '/api/v1/session', '/docs'])
    assert.equal((await fetch(url + path)).status, 404, path)
})
