import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startProxy, type Proxy } from '../../chaos/system/proxy.ts'
import { choosePort } from '../../stack/ports.ts'
import { openClient, startEchoServer, type EchoServer, type TestClient } from './echo-server.ts'
import { waitUntil } from '../stack-under-test.ts'

interface Way {
  readonly echo: EchoServer
  readonly proxy: Proxy
  /** A client whose first exchange has succeeded. */
  readonly client: () => Promise<TestClient>
}

async function openWay(test: TestContext): Promise<Way> {
  const echo = await startEchoServer(test)
  const proxy = await startProxy({ port: await choosePort(new Set()), target: echo.port })
  test.after(() => proxy[Symbol.asyncDispose]())
  const client = async () => {
    const opened = openClient(test, proxy.port)
    opened.socket.write('hello')
    await opened.receives(5)
    return opened
  }
  return { echo, proxy, client }
}

/** What happens first within so many ms; `nothing` when neither data nor an end comes. */
async function next(client: TestClient, withinMs: number): Promise<string> {
  const before = client.received().length
  return Promise.race([
    client.over,
    client.receives(before + 1).then(() => 'data'),
    delay(withinMs, 'nothing', { ref: false }),
  ])
}

it('bytes pass in both directions, in order, and a side that ends can still be answered', async (t) => {
  const { proxy } = await openWay(t)
  const { socket, receives, over } = openClient(t, proxy.port)
  const text = Array.from({ length: 50_000 }, (_, n) => `${n};`).join('')
  socket.end(text)
  assert.equal(await receives(text.length), text)
  assert.equal(await over, 'closed')
})

it('a client that does not read keeps the server from sending more, in bounded memory', async (t) => {
  const { echo, proxy } = await openWay(t)
  const { socket, receives } = openClient(t, proxy.port)
  socket.pause()
  const bytes = 24 * 1_048_576
  socket.write(Buffer.alloc(bytes, 'x'))
  const read = () => echo.accepted.at(-1)?.bytesRead ?? 0
  let before = -1
  await waitUntil(
    async () => {
      const still = before === read() && read() > 0
      before = read()
      await delay(20)
      return still
    },
    { deadlineMs: 5_000, what: 'everything waits' },
  )
  assert.ok(read() < bytes / 1.5, `${read()} of ${bytes} bytes went through`)
  socket.resume()
  assert.equal((await receives(bytes)).length, bytes)
})

it('a delay holds each chunk back in both directions, keeps their order, and ends at once', async (t) => {
  const { proxy, client } = await openWay(t)
  const { socket, receives } = await client()
  proxy.delay(40)
  const beganMs = performance.now()
  socket.write('first')
  setTimeout(() => socket.write('second'), 5)
  assert.equal(await receives(16), 'hellofirstsecond')
  assert.ok(performance.now() - beganMs >= 79, `after ${performance.now() - beganMs} ms`)
  proxy.delay(60_000)
  socket.write('third')
  await delay(20)
  proxy.delay(0)
  assert.equal(await receives(21), 'hellofirstsecondthird')
})

it('a reset breaks the given share of what is open, by RST to both sides', async (t) => {
  const { echo, proxy, client } = await openWay(t)
  const clients = await Promise.all(Array.from({ length: 10 }, client))
  assert.equal(proxy.reset(0.25), 3)
  const codes: string[] = []
  for (const { over } of clients) void over.then((code) => codes.push(code))
  await waitUntil(() => codes.length === 3, { deadlineMs: 10_000, what: 'three clients have heard of it' })
  assert.deepEqual(codes, Array(3).fill('ECONNRESET'))
  await waitUntil(() => echo.accepted.filter(({ errored }) => errored !== null).length === 3, {
    deadlineMs: 10_000,
    what: 'the server has heard of it',
  })
  assert.equal(codes.length, 3)
  assert.equal(proxy.reset(1), 7)
  assert.equal(proxy.reset(1), 0)
})

it('what is cut refuses every connection until it is cleared', async (t) => {
  const { proxy, client } = await openWay(t)
  const before = await client()
  proxy.cut()
  assert.equal(await before.over, 'ECONNRESET')
  assert.equal(await openClient(t, proxy.port).over, 'ECONNREFUSED')
  proxy.clear()
  await waitUntil(client, { deadlineMs: 10_000, what: 'it accepts again' })
})

it('a blackhole swallows what open and new connections send, says nothing, and breaks them when it is cleared', async (t) => {
  const { echo, proxy, client } = await openWay(t)
  const before = await client()
  proxy.blackhole()
  const fresh = openClient(t, proxy.port)
  await once(fresh.socket, 'connect')
  before.socket.write('lost')
  fresh.socket.write('lost')
  const [theirs] = echo.accepted
  theirs?.write('lost too')
  assert.deepEqual(await Promise.all([next(before, 60), next(fresh, 60)]), ['nothing', 'nothing'])
  assert.equal(theirs?.bytesRead, 5)
  assert.equal(echo.accepted.length, 1)
  // Nobody hears of the end of the other side.
  theirs?.end()
  assert.equal(await next(before, 40), 'nothing')
  proxy.clear()
  assert.deepEqual(await Promise.all([before.over, fresh.over]), ['ECONNRESET', 'ECONNRESET'])
  await client()
})

it('half-open connections stand still until they are broken, while new ones work', async (t) => {
  const { echo, proxy, client } = await openWay(t)
  const before = await client()
  proxy.halfOpen()
  before.socket.write('lost')
  assert.equal(await next(before, 60), 'nothing')
  const fresh = await client()
  // A client that gives up is not missed by the server.
  before.socket.destroy()
  assert.equal(await next(fresh, 40), 'nothing')
  assert.equal(echo.accepted[0]?.closed, false)
  proxy.clear()
  await waitUntil(() => echo.accepted[0]?.closed, { deadlineMs: 10_000, what: 'the server is told' })
  fresh.socket.write('well')
  assert.equal(await fresh.receives(9), 'hellowell')
})

it('a connection that is to be cut after some bytes passes exactly those, and later ones are not touched', async (t) => {
  const { echo, proxy, client } = await openWay(t)
  const before = await client()
  proxy.cutAfterBytes(7)
  before.socket.write('0123456789')
  assert.equal(await before.over, 'ECONNRESET')
  const passed = (echo.accepted[0]?.bytesRead ?? 0) - 5 + before.received().length - 5
  assert.equal(passed, 7)
  const fresh = await client()
  fresh.socket.write('0123456789')
  assert.equal(await fresh.receives(15), 'hello0123456789')
})

it('a new target gets the new connections, and the open ones are broken', async (t) => {
  const { proxy, client } = await openWay(t)
  const other = await startEchoServer(t)
  const before = await client()
  proxy.retarget(other.port)
  assert.equal(await before.over, 'ECONNRESET')
  await client()
  assert.equal(other.accepted.length, 1)
})

it('where no server listens, a connection is broken', async (t) => {
  const [nowhere, port] = [await choosePort(new Set()), await choosePort(new Set())]
  const proxy = await startProxy({ port, target: nowhere })
  t.after(() => proxy[Symbol.asyncDispose]())
  assert.equal(await openClient(t, port).over, 'ECONNRESET')
})
