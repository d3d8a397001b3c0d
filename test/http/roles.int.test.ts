import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Archived } from '../../src/http/reads.ts'
import { NOTHING } from './made-up-api.ts'
import { openTestServer, type TestServer } from './open-test-server.ts'

const READ = 'read-token-0123456789'
const ADMIN = 'admin-token-0123456789'
const ENTRY = '3f9c9f5e-0000-4000-8000-000000000001'
const BOTH = {
  readToken: READ,
  adminToken: ADMIN,
  allowAnonymousReads: false,
  allowAnonymousChanges: false,
}
const ROLES = { none: undefined, wrong: `${ADMIN}x`, reader: READ, admin: ADMIN } as const
type Caller = keyof typeof ROLES
type Outcome = Readonly<Record<Caller, number>>

const PUBLIC: Outcome = { none: 200, wrong: 200, reader: 200, admin: 200 }
const READS: Outcome = { none: 401, wrong: 401, reader: 200, admin: 200 }

/** Every operation of the contract, and what each caller gets; a test compares the list with the contract. */
const OPERATIONS: readonly (readonly [operation: string, example: string, outcome: Outcome])[] = [
  ['get /orders/{uid}', '/orders/x', READS],
  ['get /order/{uid}', '/order/x', READS],
  ['get /api/v1/orders', '/api/v1/orders', READS],
  ['get /api/v1/lookup/{uid}', '/api/v1/lookup/x', READS],
  ['get /api/v1/ledger', '/api/v1/ledger', READS],
  ['get /api/v1/dead-letters', '/api/v1/dead-letters', READS],
  ['get /api/v1/dead-letters/{entry}', `/api/v1/dead-letters/${ENTRY}`, READS],
  ['get /api/v1/retrying', '/api/v1/retrying', READS],
  ['get /api/v1/flow', '/api/v1/flow', READS],
  ['get /api/v1/flow/events', '/api/v1/flow/events', READS],
  ['get /metrics', '/metrics', READS],
  ['get /api/v1/session', '/api/v1/session', PUBLIC],
  ['delete /api/v1/session', '/api/v1/session', { none: 204, wrong: 204, reader: 204, admin: 204 }],
  // The token to sign in with is in the body, so who sends it does not matter; this one is none of ours.
  ['post /api/v1/session', '/api/v1/session', { none: 401, wrong: 401, reader: 401, admin: 401 }],
  ['get /livez', '/livez', PUBLIC],
  ['get /readyz', '/readyz', PUBLIC],
]
/** What the contract does not list, because it is about itself or for people. */
const UNLISTED = ['/', '/openapi.json', '/docs', '/docs/static/index.css']

const DEAD_LETTER: Archived = {
  entry: ENTRY,
  topic: 'orders',
  topic_id: ENTRY,
  partition: 0,
  offset: 0,
  key: Buffer.from('x'),
  error_type: 'conflict',
  error_message: 'another order with this uid is stored',
  error_stage: 'store',
  attempts: 1,
  status: 'open',
  created_at: '2026-01-01T00:00:00Z',
  last_failed_at: '2026-01-01T00:00:00Z',
  archived_at: '2026-01-01T00:00:00Z',
  value_bytes: 0,
  resolution: null,
  headers: [
    [Buffer.from('retry'), Buffer.from('0')],
    [Buffer.from('x-customer'), Buffer.from('Ann Example')],
  ],
  value: Buffer.from(
    JSON.stringify({
      order_uid: 'x',
      delivery: {
        name: 'Ann Example',
        phone: '+1000',
        email: 'ann@example.org',
        address: '1 Street',
        city: 'B',
      },
      items: [{ chrt_id: 1, name: 'Mascara', brand: 'V' }],
      customerName: ['Ann', 'Example'],
    }),
  ),
}

async function systemWith(
  t: Parameters<typeof openTestServer>[0],
  value = DEAD_LETTER.value,
): Promise<TestServer> {
  return openTestServer(t, {
    access: BOTH,
    readOrder: async () => Buffer.from('{}'),
    api: { reads: { ...NOTHING, deadLetter: async () => ({ ...DEAD_LETTER, value }) } },
  })
}

function asCaller(caller: Caller): Record<string, string> {
  const token = ROLES[caller]
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

test('each operation of the contract answers each caller as this table says', async (t) => {
  const { url } = await systemWith(t)
  for (const [operation, path, outcome] of OPERATIONS) {
    const method = operation.split(' ')[0]?.toUpperCase() ?? ''
    const body = method === 'POST' ? JSON.stringify({ token: 'somebody-elses-token' }) : null
    for (const caller of ['none', 'wrong', 'reader', 'admin'] as const) {
      const headers = { ...asCaller(caller), ...(body && { 'content-type': 'application/json' }) }
      const response = await fetch(url + path, { method, headers, body })
      assert.equal(response.status, outcome[caller], `${operation} as ${caller}`)
      if (response.status === 401 && method === 'GET')
        assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="sluice"/)
      await response.body?.cancel()
    }
  }
})

test('the table has every operation of the contract, and the contract every route that answers', async (t) => {
  const { url } = await systemWith(t)
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  assert.deepEqual(listed.toSorted(), OPERATIONS.map(([operation]) => operation).toSorted())
  for (const path of UNLISTED) assert.equal((await fetch(url + path)).status, 200, path)
})

test('a reader sees a dead letter without names, phones, e-mails, addresses and foreign headers', async (t) => {
  const { url } = await systemWith(t)
  const path = `${url}/api/v1/dead-letters/${ENTRY}`
  const text = await (await fetch(path, { headers: asCaller('reader') })).text()
  for (const secret of ['Ann', '+1000', 'example.org', '1 Street']) assert.ok(!text.includes(secret), secret)
  for (const useful of ['Mascara', 'order_uid', '"masked":true', 'conflict']) {
    assert.ok(text.replaceAll('\\', '').includes(useful), useful)
  }
})

test('an administrator sees a dead letter as it was archived', async (t) => {
  const { url } = await systemWith(t)
  const response = await fetch(`${url}/api/v1/dead-letters/${ENTRY}`, { headers: asCaller('admin') })
  const { value, headers } = (await response.json()) as {
    value: { text: string; masked: boolean }
    headers: { name: string; value: { text: string } }[]
  }
  assert.deepEqual(value, { encoding: 'utf8', text: DEAD_LETTER.value?.toString(), masked: false })
  assert.equal(headers[1]?.value.text, 'Ann Example')
})

test('what is no JSON could hold a person anywhere, so a reader sees none of it', async (t) => {
  const { url } = await systemWith(t, Buffer.from('{"name": "Ann Example", oops'))
  const path = `${url}/api/v1/dead-letters/${ENTRY}`
  assert.ok(!(await (await fetch(path, { headers: asCaller('reader') })).text()).includes('Ann'))
  assert.ok((await (await fetch(path, { headers: asCaller('admin') })).text()).includes('Ann Example'))
})
