import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchStack } from './bench-stack.ts'
import { freshDatabase } from './database.ts'
import { getRequest, loadHttp, type HttpLoad } from './http-load.ts'
import { openEventStreams, openSlowloris, type IdleClients } from './idle-clients.ts'
import type { Load } from './load.ts'
import { startReadService, type ReadService } from './read-service.ts'

const CONNECTIONS = 50
const LOOK_EVERY_MS = 20
const ROUND_SECONDS = 2
/** Lookups beside something else: often enough to see a p99, too few to cost anything. */
const LOOKUPS_PER_SECOND = 200
const LOOKUP_CONNECTIONS = 4
/** Enough for every order that is measured with. */
const LARGE_CACHE = { CACHE_MB: '1024' }

export interface ReadRound {
  readonly bare: HttpLoad
  readonly cached: HttpLoad
  readonly unchanged: HttpLoad
}

/** A bare server and ours in turns, with the same headers and bytes. */
export async function measureRounds(port: number, uid: string, rounds: number): Promise<ReadRound[]> {
  const path = `/orders/${uid}`
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  const { date: _, connection: __, 'keep-alive': ___, ...headers } = Object.fromEntries(answer.headers)
  const body = Buffer.from(await answer.arrayBuffer()).toString('base64')
  await using bare = await startBareServer({ headers, body })
  const measure = (to: number, request: Buffer): Promise<HttpLoad> =>
    loadHttp({ port: to, requests: [request], connections: CONNECTIONS, seconds: ROUND_SECONDS })
  const unchanged = getRequest(path, { 'if-none-match': headers['etag'] ?? '' })
  const results: ReadRound[] = []
  for (let round = 0; round < rounds; round++) {
    results.push({
      bare: await measure(bare.port, getRequest(path)),
      cached: await measure(port, getRequest(path)),
      unchanged: await measure(port, unchanged),
    })
  }
  return results
}

async function startBareServer(answer: {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}): Promise<{ readonly port: number } & AsyncDisposable> {
  const child = fork(join(import.meta.dirname, 'bare-server.ts'), { execArgv: ['--max-semi-space-size=8'] })
  child.send(answer)
  const [message]: unknown[] = await once(child, 'message')
  const port = Number(message)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

export interface DrainWithReads {
  readonly perSecond: number
  readonly lookups: HttpLoad
}

/** Orders per second that are stored while others look up orders, and while `idle` clients are there. */
export async function measureDrainWithReads(
  stack: BenchStack,
  load: Load,
  uids: readonly string[],
  idle: 'nobody' | 'event streams' | 'slowloris',
): Promise<DrainWithReads> {
  await using database = await freshDatabase(stack.dsn)
  await using service = await startReadService(stack, database.dsn, load.topic, {})
  using clients = await openIdle(idle, service.port)
  await untilStored(service, uids)
  const seconds = load.orders / 40_000
  const [drained, lookups] = await Promise.all([service.settled(load.orders), lookUp(service, uids, seconds)])
  if (drained.records < load.orders / 3)
    throw new Error('too few orders were left: measure with more of them')
  if (idle === 'event streams' && clients?.received() === 0) throw new Error('no events came')
  return { perSecond: (drained.records / drained.ms) * 1000, lookups }
}

/** These are among the first, but each partition has its own first. */
async function untilStored({ port }: ReadService, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    while (!(await fetch(`http://127.0.0.1:${port}/orders/${uid}`)).ok) await delay(LOOK_EVERY_MS)
  }
}

async function openIdle(idle: string, port: number): Promise<IdleClients | undefined> {
  if (idle === 'nobody') return undefined
  return idle === 'slowloris' ? openSlowloris(port, 2_000) : openEventStreams(port, 1_000)
}

function lookUp({ port }: ReadService, uids: readonly string[], seconds: number): Promise<HttpLoad> {
  const requests = uids.map((uid) => getRequest(`/orders/${uid}`))
  return loadHttp({
    port,
    requests,
    connections: LOOKUP_CONNECTIONS,
    seconds,
    perSecond: LOOKUPS_PER_SECOND,
  })
}

export interface WarmUp {
  readonly orders: number
  readonly seconds: number
  /** Of a service that finds all these orders, and of one that finds none. */
  readonly firstAnswerMs: number
  readonly firstAnswerEmptyMs: number
  readonly rounds: readonly ReadRound[]
  readonly uncached: HttpLoad
}

/** A database with all orders; services that start on it, with a cache that holds them all, and without one. */
export async function measureWarmReads(
  stack: BenchStack,
  load: Load,
  uids: readonly string[],
  rounds: number,
): Promise<WarmUp> {
  await using database = await freshDatabase(stack.dsn)
  const firstAnswerEmptyMs = await fill(stack, database.dsn, load)
  const startedAtMs = performance.now()
  await using warm = await startReadService(stack, database.dsn, load.topic, LARGE_CACHE)
  while ((await warm.metric('orders_cache_warm_up_running')) === 1) await delay(LOOK_EVERY_MS)
  const seconds = (performance.now() - startedAtMs - warm.firstAnswerMs) / 1000
  const orders = await warm.metric('orders_cache_warm_up_orders')
  const measured = await measureRounds(warm.port, uids[0] ?? '', rounds)
  await using cold = await startReadService(stack, database.dsn, load.topic, { CACHE_MB: '0' })
  const uncached = await loadHttp({
    port: cold.port,
    requests: uids.map((uid) => getRequest(`/orders/${uid}`)),
    connections: CONNECTIONS,
    seconds: ROUND_SECONDS,
  })
  return {
    orders,
    seconds,
    firstAnswerMs: warm.firstAnswerMs,
    firstAnswerEmptyMs,
    rounds: measured,
    uncached,
  }
}

async function fill(stack: BenchStack, dsn: string, load: Load): Promise<number> {
  await using service = await startReadService(stack, dsn, load.topic, { CACHE_MB: '0' })
  await service.settled(load.orders)
  return service.firstAnswerMs
}
