import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MODEL_BYTES } from '../order/fixtures.ts'
import { answersOf, faultsOf, type Contract } from './contract-schemas.ts'
import { AWAY, away, ENTRY, FLOW, SOMETHING, STUCK } from './made-up-answers.ts'
import { STILL } from './made-up-api.ts'
import { openTestServer, type TestServer } from './open-test-server.ts'

const TOKEN = 'read-token-0123456789'
/** As many as are asked for at once at most. */
const MANY = 33

interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly body: string
}

const LISTS = ['/api/v1/orders', '/api/v1/lookup/{uid}', '/api/v1/ledger', '/api/v1/dead-letters']
const QUESTIONS = [...LISTS, '/api/v1/dead-letters/{entry}', '/api/v1/retrying']
const ORDERS = ['/orders/{uid}', '/order/{uid}']

test('every answer that the contract has can be had, and is what the contract says', async (t) => {
  const failing = { ready: false, checks: { database: { ok: false, detail: 'away' } } }
  const works = await openTestServer(t, {
    readOrder: async () => MODEL_BYTES,
    api: { reads: SOMETHING, flow: async () => FLOW },
    deps: { readiness: () => ({ ...failing, ready: true }) },
  })
  const empty = await openTestServer(t, { deps: { readiness: () => failing } })
  const broken = await openTestServer(t, {
    readOrder: away,
    api: { reads: AWAY, flow: away },
    deps: { metricsText: away },
  })
  const stuck = await openTestServer(t, { api: { reads: STUCK }, limits: { handlerTimeoutMs: 2_000 } })
  const full = await openTestServer(t, { limits: { maxStreams: 0 } })
  const shut = await openTestServer(t, {
    access: { readToken: TOKEN, allowAnonymousReads: false, allowAnonymousChanges: false },
  })
  const contract = (await (await fetch(`${works.url}/openapi.json`)).json()) as Contract

  const seen = new Set<string>()
  const check = async (server: TestServer, [method, path]: readonly [string, string], init: Ask = {}) => {
    const answer = await ask(server, method, path, init)
    const name = `${method} ${path} ${answer.status}`
    assert.deepEqual(faultsOf(contract, name, answer), [], `${name}: ${answer.body}`)
    seen.add(name)
  }
  const everything = answersOf(contract).map((name) => name.split(' '))
  for (const [method = '', path = '', status] of everything) {
    if (status === '200') await check(works, [method, path])
    if (status === '401' && method === 'get') await check(shut, [method, path])
    if (status === '503') await check(path === '/readyz' ? empty : broken, [method, path])
  }
  const tag = (await fetch(`${works.url}/orders/x`)).headers.get('etag') ?? ''
  for (const path of ORDERS) {
    await check(works, ['get', path], { headers: { 'if-none-match': tag } })
    await check(empty, ['get', path])
    await check(works, ['get', path], { impossible: true })
  }
  for (const path of QUESTIONS.filter((one) => one !== '/api/v1/ledger'))
    await check(works, ['get', path], { impossible: true })
  await check(empty, ['get', '/api/v1/dead-letters/{entry}'])
  await Promise.all(
    QUESTIONS.flatMap((path) => Array.from({ length: MANY }, () => check(stuck, ['get', path]))),
  )
  await check(full, ['get', '/api/v1/flow/events'])

  const session = '/api/v1/session'
  const signIn = (token: unknown) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  const foreign = { 'sec-fetch-site': 'cross-site' }
  await check(shut, ['post', session], signIn(TOKEN))
  await check(shut, ['post', session], signIn('none-of-ours-0123'))
  await check(shut, ['post', session], signIn(7))
  await check(shut, ['post', session], {
    ...signIn(TOKEN),
    headers: { ...signIn(TOKEN).headers, ...foreign },
  })
  await check(shut, ['delete', session])
  await check(shut, ['delete', session], { headers: foreign })

  assert.deepEqual(
    answersOf(contract).filter((name) => !seen.has(name)),
    [],
  )
})

test('an answer that is not what the contract says is noticed', async (t) => {
  const { url } = await openTestServer(t)
  const contract = (await (await fetch(`${url}/openapi.json`)).json()) as Contract
  const faults = (body: object) =>
    faultsOf(contract, 'get /api/v1/flow 200', {
      contentType: 'application/json',
      body: JSON.stringify(body),
    })
  assert.deepEqual(faults(STILL), [])
  const { ready: _, ...lacking } = STILL
  assert.notDeepEqual(faults(lacking), [])
  assert.notDeepEqual(faults({ ...STILL, more: 1 }), [])
  assert.notDeepEqual(faults({ ...STILL, lag: { ...STILL.lag, records: '0' } }), [])
})

interface Ask {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** With parameters that can't be. */
  readonly impossible?: true
}

async function ask(server: TestServer, method: string, path: string, init: Ask): Promise<Answer> {
  const filled = path
    .replace('{uid}', init.impossible ? '%20' : 'x')
    .replace('{entry}', init.impossible ? 'x' : ENTRY)
  const query = init.impossible ? '?limit=0' : path === '/readyz' ? '?verbose' : ''
  const response = await fetch(`${server.url}${filled}${query}`, {
    method: method.toUpperCase(),
    headers: { ...init.headers },
    body: init.body ?? null,
  })
  const contentType = response.headers.get('content-type')?.split(';')[0]
  // A stream of events would go on for ever.
  const streams = contentType === 'text/event-stream'
  const body = streams ? '' : await response.text()
  if (streams) await response.body?.cancel()
  return { status: response.status, contentType, body }
}
