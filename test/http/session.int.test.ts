import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endedSessionCookie, sessionCookie, sessionRole } from '../../src/http/session-cookie.ts'
import { openTestServer } from './open-test-server.ts'

const READ = 'read-token-0123456789'
const ADMIN = 'admin-token-0123456789'
const BOTH = { readToken: READ, adminToken: ADMIN, allowAnonymousReads: false, allowAnonymousChanges: false }
const HOUR_MS = 3_600_000

async function signIn(url: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ token })
  return fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

for (const [token, role] of [
  [READ, 'reader'],
  [ADMIN, 'admin'],
] as const) {
  test(`a browser that signs in as ${role} reads with a cookie that no script sees, until it signs out`, async (t) => {
    const { url } = await openTestServer(t, { access: BOTH, readOrder: async () => Buffer.from('{}') })
    const signedIn = await signIn(url, token, { 'sec-fetch-site': 'same-origin' })
    assert.deepEqual([signedIn.status, await signedIn.json()], [200, { role }])
    const attributes = signedIn.headers.get('set-cookie') ?? ''
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
      assert.ok(attributes.includes(attribute), attribute)
    assert.ok(!attributes.includes(token) && !attributes.includes('Secure'))
    const cookie = cookieOf(signedIn)
    for (const path of ['/orders/x', '/api/v1/flow', '/metrics'])
      assert.equal((await fetch(url + path, { headers: { cookie } })).status, 200, path)
    const session = await fetch(`${url}/api/v1/session`, { headers: { cookie: `other=1; ${cookie}` } })
    assert.deepEqual(await session.json(), { role })
    const out = await fetch(`${url}/api/v1/session`, { method: 'DELETE', headers: { cookie } })
    assert.equal(out.status, 204)
    assert.match(out.headers.get('set-cookie') ?? '', /^sluice_session=; .*Max-Age=0/)
  })
}

test('behind a proxy that encrypts, the cookie is for encrypted connections alone', async (t) => {
  const { url } = await openTestServer(t, { access: BOTH })
  const signedIn = await signIn(url, READ, { 'x-forwarded-proto': 'https' })
  assert.match(signedIn.headers.get('set-cookie') ?? '', /; Secure$/)
})

test('nobody signs in with a wrong token, with none, or with something else', async (t) => {
  const { url } = await openTestServer(t, { access: BOTH })
  assert.equal((await signIn(url, `${READ}x`)).status, 401)
  for (const [body, status] of [
    ['{}', 400],
    ['[]', 400],
    ['{"token":""}', 400],
    [`{"token":"${READ}","more":1}`, 400],
    ['{"token":', 400],
    ['', 400],
    [`{"token":"${'x'.repeat(5_000)}"}`, 413],
  ] as const) {
    const response = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    assert.equal(response.status, status, body.slice(0, 40))
    assert.equal(response.headers.get('set-cookie'), null)
  }
  const form = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    body: new URLSearchParams({ token: READ }),
  })
  assert.equal(form.status, 415)
})

test('a page of another origin changes nothing', async (t) => {
  const { url } = await openTestServer(t, { access: BOTH })
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://elsewhere.example' },
    { origin: 'null' },
  ]) {
    const response = await signIn(url, READ, headers)
    assert.equal(response.status, 403)
    assert.equal(((await response.json()) as { code: string }).code, 'foreign_origin')
  }
  assert.equal((await signIn(url, READ, { origin: url })).status, 200)
})

test('a session ends after its time, with its token, and when anything in it is changed', () => {
  const nowMs = 1_800_000_000_000
  const cookie = sessionCookie(READ, false, nowMs).split(';')[0] ?? ''
  assert.equal(sessionRole(BOTH, cookie, nowMs), 'reader')
  assert.equal(sessionRole(BOTH, cookie, nowMs + 11 * HOUR_MS), 'reader')
  assert.equal(sessionRole(BOTH, cookie, nowMs + 12 * HOUR_MS), undefined)
  assert.equal(sessionRole({ readToken: 'another-token-01234567' }, cookie, nowMs), undefined)
  assert.equal(sessionRole({}, cookie, nowMs), undefined)
  const later = cookie.replace(/=\d+/, `=${nowMs / 1000 + 999_999}`)
  for (const forged of [
    later,
    cookie.slice(0, -1),
    `${cookie}A`,
    cookie.toUpperCase(),
    'sluice_session=1.x',
  ]) {
    assert.equal(sessionRole(BOTH, forged, nowMs), undefined, forged)
  }
  assert.equal(sessionRole(BOTH, endedSessionCookie(false), nowMs), undefined)
})

test('where nobody else can reach the port, everything is allowed without a token', async (t) => {
  const { url } = await openTestServer(t)
  assert.deepEqual(await (await fetch(`${url}/api/v1/session`)).json(), { role: 'admin' })
})
