import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { waitUntil } from '../stack-under-test.ts'
import { STILL } from './made-up-api.ts'
import { openSocket, openTestServer } from './open-test-server.ts'

interface Event {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: unknown
}

/** Reads a stream until the test ends; events that came so far. */
async function listen(
  t: TestContext,
  url: string,
  lastId?: string,
): Promise<{ events: Event[]; text: () => string }> {
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
  const response = await fetch(`${url}/api/v1/flow/events`, { headers, signal: stopping.signal })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const events: Event[] = []
  let text = ''
  const decoder = new TextDecoder()
  const reading = (async () => {
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const more = decoder.decode(chunk as Uint8Array, { stream: true })
      text += more
      const parts = (rest + more).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (/^(id|event|data):/m.test(part)) events.push(parsed(part))
    }
  })()
  reading.catch(() => {}) // it is aborted
  return { events, text: () => text }
}

function parsed(block: string): Event {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const data = field('data')
  return { id: field('id'), event: field('event'), data: data === undefined ? undefined : JSON.parse(data) }
}

const EVERY_MS = 20

async function eventsReach(events: readonly Event[], count: number): Promise<void> {
  await waitUntil(() => events.length >= count, { deadlineMs: 5_000, what: `${count} events` })
}

test('a stream tells the state at once and then again and again, with ids that rise', async (t) => {
  const { url } = await openTestServer(t, { limits: { flowEveryMs: EVERY_MS } })
  const { events, text } = await listen(t, url)
  await eventsReach(events, 5)
  assert.match(text(), /^retry: 2000\n/)
  for (const { event, data } of events) assert.deepEqual([event, data], ['flow', STILL])
  const numbers = events.map(({ id }) => Number(id?.split('-')[1]))
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => (numbers[0] ?? NaN) + index),
  )
})

test('whatever the number of clients, the state is taken once', async (t) => {
  let taken = 0
  const flow = async () => ((taken += 1), STILL)
  const { url } = await openTestServer(t, { api: { flow }, limits: { flowEveryMs: EVERY_MS } })
  const streams = await Promise.all(Array.from({ length: 50 }, () => listen(t, url)))
  for (const { events } of streams) await eventsReach(events, 5)
  const ids = new Set(streams.flatMap(({ events }) => events.map(({ id }) => id)))
  assert.ok(taken <= ids.size + 1, `${taken} times for ${ids.size} events`)
})

test('a client that comes back is sent what it missed, and a gap when that is not known any more', async (t) => {
  const { url } = await openTestServer(t, { limits: { flowEveryMs: EVERY_MS } })
  const first = await listen(t, url)
  await eventsReach(first.events, 6)
  const { id = '' } = first.events[1] ?? {}
  const again = await listen(t, url, id)
  await eventsReach(again.events, 4)
  assert.deepEqual(
    again.events.slice(0, 4).map((event) => event.id),
    first.events.slice(2, 6).map((event) => event.id),
  )
  const stranger = await listen(t, url, 'of-another-process-7')
  await eventsReach(stranger.events, 2)
  assert.equal(stranger.events[0]?.event, 'gap')
  assert.equal(stranger.events[1]?.event, 'flow')
})

test('a client that does not read costs a bounded buffer, and is told of the gap when it reads again', async (t) => {
  const large = { ...STILL, instance: 'x'.repeat(200_000) }
  const limits = { flowEveryMs: 5, maxStreamBufferBytes: 500_000 }
  const { url, port } = await openTestServer(t, { api: { flow: async () => large }, limits })
  const slow = await openSocket(t, port)
  const chunks: Buffer[] = []
  slow.on('data', (chunk) => chunks.push(chunk))
  slow.pause()
  slow.write('GET /api/v1/flow/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const other = await listen(t, url)
  // The kernel takes some megabytes before it is full.
  await eventsReach(other.events, 60)
  slow.resume()
  await waitUntil(() => Buffer.concat(chunks).includes('event: gap\ndata: {"missed":'), {
    deadlineMs: 10_000,
    what: 'the gap is told',
  })
})

test('one stream too many is refused with 429, and there is room again when one ends', async (t) => {
  const { url } = await openTestServer(t, { limits: { flowEveryMs: EVERY_MS, maxStreams: 2 } })
  const leaving = new AbortController()
  await fetch(`${url}/api/v1/flow/events`, { signal: leaving.signal })
  await listen(t, url)
  const refused = await fetch(`${url}/api/v1/flow/events`)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '5'])
  assert.equal(((await refused.json()) as { code: string }).code, 'too_many_requests')
  leaving.abort()
  await waitUntil(
    async () => {
      const response = await fetch(`${url}/api/v1/flow/events`, { method: 'HEAD' })
      return response.status === 200
    },
    { deadlineMs: 5_000, what: 'there is room again' },
  )
})

test('while the state can not be told, a stream stays open, kept alive by comments', async (t) => {
  let broken = false
  const flow = async () => {
    if (broken) throw new Error('away')
    return STILL
  }
  const server = await openTestServer(t, {
    api: { flow },
    limits: { flowEveryMs: EVERY_MS, heartbeatMs: 50 },
  })
  const { events, text } = await listen(t, server.url)
  await eventsReach(events, 1)
  broken = true
  await waitUntil(() => text().includes('\n\n:\n\n'), { deadlineMs: 5_000, what: 'a comment' })
  broken = false
  await eventsReach(events, events.length + 1)
  const response = await fetch(`${server.url}/api/v1/flow`)
  assert.deepEqual(await response.json(), STILL)
})

test('closing ends the streams instead of waiting for them', async (t) => {
  const server = await openTestServer(t, { limits: { flowEveryMs: EVERY_MS, drainMs: 60_000 } })
  const { events } = await listen(t, server.url)
  await eventsReach(events, 1)
  const before = performance.now()
  await server.close()
  assert.ok(performance.now() - before < 20_000)
})
