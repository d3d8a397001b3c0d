import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { openHttpServer } from '../../src/http/server.ts'
import { exchange, openSocket, openTestServer } from './open-test-server.ts'

const HOST = 'Host: localhost\r\n'

for (const [what, request, status, code] of [
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed_request'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400, 'malformed_request'],
  ['no Host header', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'a path that is too large',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'a long part of the path',
    `GET /orders/${'x'.repeat(2_000)} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    414,
    'uri_too_long',
  ],
  [
    'a broken percent-encoding',
    `GET /orders/%zz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    400,
    'malformed_url',
  ],
  [
    'a percent-encoding of no UTF-8',
    `GET /orders/%ff HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    400,
    'malformed_url',
  ],
  ['a dot segment', `GET /orders/.. HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 400, 'impossible_uid'],
  [
    'an encoded dot segment',
    `GET /orders/%2e%2E HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    400,
    'impossible_uid',
  ],
  [
    'an absolute URL',
    `GET http://x/orders/. HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    400,
    'impossible_uid',
  ],
  [
    'two lengths',
    `POST /livez HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    400,
    'malformed_request',
  ],
  [
    'a length and chunks',
    `POST /livez HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'malformed_request',
  ],
  ['an unknown method', `BREW /livez HTTP/1.1\r\n${HOST}\r\n`, 400, 'malformed_request'],
  [
    'a method we do not serve',
    `PROPFIND /livez HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    405,
    'method_not_allowed',
  ],
  [
    'a body of no known type',
    `POST /nowhere HTTP/1.1\r\n${HOST}Content-Type: what/ever\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab`,
    404,
    'not_found',
  ],
] as const) {
  test(`${what}: ${status}, as a problem, and the next request is served`, async (t) => {
    const { url, port } = await openTestServer(t)
    const answer = await exchange(t, port, request)
    assert.equal(Number(answer.slice(9, 12)), status, answer.slice(0, 200))
    assert.match(answer, /content-type: application\/problem\+json/i)
    assert.match(answer, /x-content-type-options: nosniff/i)
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { code: string }
    assert.equal(body.code, code)
    assert.equal((await fetch(`${url}/livez`)).status, 200)
  })
}

test('a client that takes too long over its headers is answered 408 and dropped', async (t) => {
  const { port } = await openTestServer(t, { limits: { headersTimeoutMs: 100 } })
  const answer = await exchange(t, port, `GET /livez HTTP/1.1\r\n${HOST}`)
  assert.match(answer, /^HTTP\/1\.1 408 /)
  assert.match(answer, /"code":"request_timeout"/)
})

test('closing finishes what is in flight and takes no new connections', async (t) => {
  const reading = Promise.withResolvers<void>()
  const stored = Promise.withResolvers<Buffer>()
  const server = await openTestServer(t, {
    readOrder: () => {
      reading.resolve()
      return stored.promise
    },
  })
  const response = fetch(`${server.url}/orders/x`)
  await reading.promise
  const closed = server.close()
  await assert.rejects(fetch(`${server.url}/livez`))
  stored.resolve(Buffer.from('{"late":true}'))
  assert.equal(await (await response).text(), '{"late":true}')
  await closed
})

test('a request that follows on a connection in flight is still answered while closing', async (t) => {
  const seen = { slow: Promise.withResolvers<void>(), quick: Promise.withResolvers<void>() }
  const server = await openTestServer(t, {
    readOrder: async (uid) => {
      seen[uid === 'slow' ? 'slow' : 'quick'].resolve()
      await seen.quick.promise
      return Buffer.from('{}')
    },
  })
  const socket = await openSocket(t, server.port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = once(socket, 'close')
  socket.write(`GET /orders/slow HTTP/1.1\r\n${HOST}\r\n`)
  await seen.slow.promise
  const closed = server.close()
  socket.write(`GET /orders/quick HTTP/1.1\r\n${HOST}\r\n`)
  await Promise.all([closed, ended])
  const answers = Buffer.concat(chunks)
    .toString()
    .match(/HTTP\/1\.1 \d{3}/g)
  assert.deepEqual(answers, ['HTTP/1.1 200', 'HTTP/1.1 200'])
})

test('closing does not wait for connections without a request: idle, silent or unfinished', async (t) => {
  const server = await openTestServer(t, { limits: { drainMs: 60_000 } })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const [response] = (await once(get(`${server.url}/livez`, { agent }), 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  const silent = await openSocket(t, server.port)
  const unfinished = await openSocket(t, server.port)
  unfinished.write('GET /livez HTTP/1.1\r\nX: ')
  const gone = [once(silent, 'close'), once(unfinished, 'close')]
  // Both are known to the server once a later connection was served.
  await fetch(`${server.url}/livez`, { headers: { connection: 'close' } })
  const before = performance.now()
  await server.close()
  assert.ok(performance.now() - before < 20_000)
  await Promise.all(gone)
  await server.close()
})

test('closing gives up on a request that does not end in time', async (t) => {
  const reading = Promise.withResolvers<void>()
  const server = await openTestServer(t, {
    readOrder: () => {
      reading.resolve()
      return new Promise(() => {})
    },
    limits: { drainMs: 50 },
  })
  const response = fetch(`${server.url}/orders/x`)
  response.catch(() => {})
  await reading.promise
  await server.close()
  await assert.rejects(response)
})

test('requests in one go on one connection are answered in order while others fail', async (t) => {
  const { port } = await openTestServer(t)
  const answer = await exchange(
    t,
    port,
    `GET /livez HTTP/1.1\r\n${HOST}\r\nGET /nowhere HTTP/1.1\r\n${HOST}\r\nGET /livez HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  )
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d{3}/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
})

test('an address that is taken is refused with the code of the system', async (t) => {
  const first = await openTestServer(t)
  const second = openHttpServer({
    address: { host: '127.0.0.1', port: first.port },
    access: { allowAnonymousReads: true, allowAnonymousChanges: false },
    version: '0.0.0-test',
    deps: {
      api: undefined,
      readiness: () => ({ ready: true, checks: {} }),
      metricsText: async () => '',
      metricsContentType: 'text/plain',
    },
    log: { warn: () => {}, error: () => {} },
  })
  await assert.rejects(second, { code: 'EADDRINUSE' })
})
