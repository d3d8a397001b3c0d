import { seedFrom } from '../../src/producer/random.ts'
import { uidOf } from '../../src/producer/generate.ts'
import { startBareServer } from '../bare-process.ts'
import type { BenchStack } from '../bench-stack.ts'
import { freshDatabase } from '../database.ts'
import { measureDrainWithReads, type DrainWithReads } from '../drain-with-reads.ts'
import { getRequest, loadHttp, type HttpLoad } from '../http-load.ts'
import { openIdleClients, type IdleClients } from '../idle-clients.ts'
import type { BenchPlan } from '../plan.ts'
import { fillDatabase, LARGE_CACHE, startReadService, untilWarm } from '../read-service.ts'
import { fillTopic, PARTITIONS } from '../topic.ts'
import { inTurns, type Measured, type Turns } from '../turns.ts'
import { tellRate } from './tell.ts'

export interface ReadsResult {
  readonly orders: number
  readonly connections: number
  readonly cases: readonly Measured<HttpLoad>[]
  readonly drains: readonly (Measured<DrainWithReads> & { readonly clients: number })[]
}

const CONNECTIONS = 50
/** Orders that are asked for: the first ones. */
const SAMPLE = 400

/** Reads of a service that does nothing else, beside a bare server; then reads while it stores. */
export async function runReads(
  stack: BenchStack,
  { orders, readSeconds, idleClients }: BenchPlan,
  turns: Turns,
): Promise<ReadsResult> {
  const name = 'reads'
  const { eventStreams, slowloris } = idleClients
  const uids = Array.from({ length: SAMPLE }, (_, number) => uidOf(seedFrom(name), number))
  const plan = { name, records: orders, partitions: PARTITIONS, invalidShare: 0 }
  const filled = await fillTopic(stack, plan, turns.stopping)
  const cases = await measureIdleReads(stack, filled.topic, { uids, orders, readSeconds }, turns)
  const drains = await inTurns(
    turns,
    [
      { name: 'nobody', clients: 0, isSentEvents: false },
      { name: 'event streams', clients: eventStreams, isSentEvents: true },
      { name: 'slowloris', clients: slowloris, isSentEvents: false },
    ] as const,
    ({ name: kind, clients, isSentEvents }) => {
      const open = async (port: number): Promise<IdleClients | undefined> =>
        kind === 'nobody' ? undefined : openIdleClients({ kind, port, count: clients })
      return measureDrainWithReads(stack, filled, uids, { open, isSentEvents })
    },
    ({ perSecond, lookups }) => `${Math.round(perSecond)}/s, look-ups p99 ${lookups.p99Ms.toFixed(1)} ms`,
  )
  return {
    orders,
    connections: CONNECTIONS,
    cases,
    drains: drains.map(({ name: beside, clients, rounds }) => ({ name: beside, clients, rounds })),
  }
}

interface IdleReads {
  readonly uids: readonly string[]
  readonly orders: number
  readonly readSeconds: number
}

async function measureIdleReads(
  stack: BenchStack,
  topic: string,
  { uids, orders, readSeconds }: IdleReads,
  turns: Turns,
): Promise<readonly Measured<HttpLoad>[]> {
  await using database = await freshDatabase(stack.dsn)
  await fillDatabase(stack, database.dsn, topic, orders)
  await using warm = await startReadService(stack, database.dsn, topic, LARGE_CACHE)
  await untilWarm(warm)
  await using cold = await startReadService(stack, database.dsn, topic, { CACHE_MB: '0' })

  const path = `/orders/${uids[0]}`
  const answer = await fetch(`http://127.0.0.1:${warm.port}${path}`)
  // These are the server's own.
  const { date: _, connection: __, 'keep-alive': ___, ...headers } = Object.fromEntries(answer.headers)
  await using bare = await startBareServer(headers, Buffer.from(await answer.arrayBuffer()))
  const one = [getRequest(path)]
  const unchanged = [getRequest(path, { 'if-none-match': headers['etag'] ?? '' })]
  const all = uids.map((uid) => getRequest(`/orders/${uid}`))
  const measured = await inTurns(
    turns,
    [
      { name: 'bare', port: bare.port, requests: one },
      { name: 'cached', port: warm.port, requests: one },
      { name: 'unchanged', port: warm.port, requests: unchanged },
      { name: 'uncached', port: cold.port, requests: all },
    ],
    ({ port, requests }) => loadHttp({ port, requests, connections: CONNECTIONS, seconds: readSeconds }),
    tellRate,
  )
  return measured.map(({ name, rounds }) => ({ name, rounds }))
}
