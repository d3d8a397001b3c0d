import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchStack } from './bench-stack.ts'
import { connect } from './database.ts'
import { startService, type ServiceProcess } from './service-process.ts'

export interface ReadService extends AsyncDisposable {
  readonly port: number
  /** From the start of the process to the first answer. */
  readonly firstAnswerMs: number
  readonly metric: (name: string) => Promise<number>
  /** Resolves when it has settled so many records of the topic; with the time since the first were. */
  readonly settled: (records: number) => Promise<{ readonly records: number; readonly ms: number }>
  /** Resolves when it has settled so many in each of the topic's partitions. */
  readonly eachSettled: (partitions: number, records: number) => Promise<void>
}

/** Enough for every order that is measured with. */
export const LARGE_CACHE = { CACHE_MB: '1024' }
const LOOK_EVERY_MS = 20
const GIVE_UP_AFTER_MS = 120_000

/** The service on a port that is known, so that it can be asked. Resolves when it answers. */
export async function startReadService(
  { place }: BenchStack,
  dsn: string,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<ReadService> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const startedAtMs = performance.now()
  const service = startService(place, dsn, topic, { HTTP_ADDR: `127.0.0.1:${port}`, ...settings })
  await repeat(service, async () => (await fetch(`${url}/livez`).catch(() => undefined))?.ok === true)
  return {
    port,
    firstAnswerMs: performance.now() - startedAtMs,
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    },
    settled: (records) => watchLedger(service, dsn, topic, records),
    eachSettled: async (partitions, records) => {
      await using connection = await connect(dsn)
      await repeat(service, async () => {
        const { rows } = await connection.client.query<{ partitions: string }>(
          'select count(*) as partitions from ledger where topic = $1 and next_offset >= $2',
          [topic, records],
        )
        return Number(rows[0]?.partitions) === partitions
      })
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}

/** Stores all orders of the topic. */
export async function fillDatabase(
  stack: BenchStack,
  dsn: string,
  topic: string,
  orders: number,
): Promise<void> {
  await using service = await startReadService(stack, dsn, topic, { CACHE_MB: '0' })
  await service.settled(orders)
}

/** Resolves when the cache is warm, with the number of orders that were put into it. */
export async function untilWarm({ metric }: ReadService): Promise<number> {
  while ((await metric('orders_cache_warm_up_running')) !== 0) await delay(LOOK_EVERY_MS)
  return metric('orders_cache_warm_up_orders')
}

async function watchLedger(
  service: ServiceProcess,
  dsn: string,
  topic: string,
  records: number,
): Promise<{ records: number; ms: number }> {
  await using connection = await connect(dsn)
  let first: { readonly atMs: number; readonly records: number } | undefined
  let now = 0
  await repeat(service, async () => {
    const text = 'select coalesce(sum(next_offset), 0) as settled from ledger where topic = $1'
    const { rows } = await connection.client.query<{ settled: string }>({
      name: 'look',
      text,
      values: [topic],
    })
    now = Number(rows[0]?.settled)
    if (now > 0) first ??= { atMs: performance.now(), records: now }
    return now >= records
  })
  return { records: now - (first?.records ?? now), ms: performance.now() - (first?.atMs ?? 0) }
}

async function repeat(service: ServiceProcess, isDone: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  while (!(await isDone())) {
    service.requireRunning()
    if (performance.now() > deadlineMs) throw new Error('the service took too long')
    await delay(LOOK_EVERY_MS)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}
