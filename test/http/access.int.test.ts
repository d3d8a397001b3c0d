import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identifier, type Access } from '../../src/http/access.ts'
import { openTestServer } from './open-test-server.ts'

const READ = 'read-token-0123456789'
const ADMIN = 'admin-token-0123456789'
const BOTH: Access = {
  readToken: READ,
  adminToken: ADMIN,
  allowAnonymousReads: false,
  allowAnonymousChanges: false,
}

const DATA = ['/orders/x', '/order/x', '/metrics']
const PUBLIC = ['/livez', '/readyz', '/readyz?verbose', '/', '/nowhere']

for (const [who, authorization, entitled] of [
  ['nobody', undefined, false],
  ['a wrong token', `Bearer ${READ}x`, false],
  ['a token cut short', `Bearer ${READ.slice(0, -1)}`, false],
  ['an empty token', 'Bearer ', false],
  ['another scheme', `Basic ${READ}`, false],
  ['two tokens', `Bearer ${READ} ${ADMIN}`, false],
  ['a reader', `Bearer ${READ}`, true],
  ['a reader in lower case', `bearer ${READ}`, true],
  ['the administrator', `Bearer ${ADMIN}`, true],
] as const) {
  test(`${who} ${entitled ? 'may' : 'may not'} see data, and may see the probes`, async (t) => {
    const { url } = await openTestServer(t, { access: BOTH })
    const headers = authorization === undefined ? {} : { authorization }
    for (const path of DATA) {
      for (const method of ['GET', 'HEAD']) {
        const response = await fetch(url + path, { method, headers })
        assert.equal(response.status === 401, !entitled, `${method} ${path}`)
        if (!entitled) assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm=/)
      }
    }
    for (const path of PUBLIC) assert.notEqual((await fetch(url + path, { headers })).status, 401, path)
  })
}

test('a refused reader learns nothing about whether an order exists, and the database is not asked', async (t) => {
  let asked = 0
  const { url } = await openTestServer(t, {
    access: BOTH,
    readOrder: async () => ((asked += 1), Buffer.from('{}')),
  })
  const refused = await fetch(`${url}/orders/x`)
  assert.equal(((await refused.json()) as { code: string }).code, 'unauthorized')
  assert.equal(asked, 0)
})

test('with the admin token alone, reads need it unless anonymous reads are allowed', () => {
  const alone = { adminToken: ADMIN, allowAnonymousChanges: false }
  const closed = identifier({ ...alone, allowAnonymousReads: false })
  assert.equal(closed({}), 'none')
  assert.equal(closed({ authorization: `Bearer ${ADMIN}` }), 'admin')
  assert.equal(identifier({ ...alone, allowAnonymousReads: true })({}), 'reader')
})

test('without any token and without leave for anonymous reads, nobody reads', () => {
  const identify = identifier({ allowAnonymousReads: false, allowAnonymousChanges: false })
  assert.equal(identify({ authorization: 'Bearer undefined' }), 'none')
})
