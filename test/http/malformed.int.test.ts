import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomAt, seedFrom } from '../../src/producer/random.ts'
import { malformedRequest } from './malformed-requests.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { databaseApi } from '../wiring/api-under-test.ts'
import { exchange, openSocket, openTestServer } from './open-test-server.ts'

const REQUESTS = 1_000
const AT_ONCE = 20
const SEED = seedFrom('malformed')

test(`${REQUESTS} malformed requests are each answered with a 4xx problem, and nothing is logged as ours`, async (t) => {
  const database = await migratedDatabase(t)
  const server = await openTestServer(t, {
    api: databaseApi(database),
    access: {
      readToken: 'read-token-0123456789',
      allowAnonymousReads: true,
      allowAnonymousChanges: false,
    },
  })
  const numbers = Array.from({ length: REQUESTS }, (_, number) => number)
  const ask = async (number: number): Promise<void> => {
    const { what, text } = malformedRequest(randomAt(SEED, number, 0))
    const answer = await exchange(t, server.port, text)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
    assert.ok(status >= 400 && status < 500, `${number}: ${what}: ${answer.slice(0, 60)}`)
    assert.match(answer, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i, what)
    const [, body = ''] = answer.split('\r\n\r\n')
    assert.equal((JSON.parse(body) as { status: number }).status, status, what)
  }
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) await ask(number)
    }),
  )
  assert.deepEqual(server.logged, [])
  assert.equal((await fetch(`${server.url}/livez`)).status, 200)
})

for (const [what, head] of [
  ['a URL', 'GET /orders/'],
  ['a body', 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n'],
] as const) {
  test(`${what} of a megabyte ends its connection, and nobody else notices`, async (t) => {
    // A body that was read to its end leaves a connection that could be used again.
    const server = await openTestServer(t, { limits: { keepAliveMs: 500 } })
    const socket = await openSocket(t, server.port)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    // An answer may be lost: whoever still sends when the connection ends has it reset.
    socket.resume()
    socket.write(head + 'x'.repeat(1_048_576), 'latin1')
    await closed
    assert.deepEqual(server.logged, [])
    assert.equal((await fetch(`${server.url}/livez`)).status, 200)
  })
}
