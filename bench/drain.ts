import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase, requireOrders } from './database.ts'
import type { Load } from './load.ts'
import { usageOf, type ProcessUsage } from './process-usage.ts'
import { startService, type ServiceProcess } from './service-process.ts'
import { throughputOf, type Throughput } from './throughput.ts'

export interface Drain extends Throughput {
  /** The service's own processor time; the fields from here on are missing where /proc is. */
  readonly cpuMicrosPerOrder?: number
  /** Since the service started. */
  readonly peakResidentBytes?: number
  /** When these shares of the orders were settled. */
  readonly resident?: readonly { readonly share: number; readonly bytes: number }[]
}

const LOOK_EVERY_MS = 50
const GIVE_UP_AFTER_MS = 600_000
const SHARES = [0.25, 0.5, 0.75, 1]

const SETTLED = `
  select coalesce(sum(next_offset), 0) as settled, coalesce(sum(stored), 0) as stored
  from ledger where topic = $1`

/**
 * Ours: the service reads all orders from Kafka into an empty database. The clock runs from the first
 * committed batch, so that starting a process is left out, until the ledger says that all are settled.
 */
export async function measureDrain(
  { dsn, place }: BenchStack,
  load: Load,
  stopping: AbortSignal,
): Promise<Drain> {
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  await using service = startService(place, database.dsn, load.topic)
  const looks = await watch(connection.client, service, load, stopping)
  await requireOrders(database.dsn, load.orders)
  return summarize(looks, load.orders)
}

/** One look at how far the service is, and at what it has used. */
interface Look {
  readonly atMs: number
  readonly settled: number
  readonly usage: ProcessUsage | undefined
}

/** From the first committed batch to the last. */
async function watch(
  client: Client,
  service: ServiceProcess,
  load: Load,
  stopping: AbortSignal,
): Promise<Look[]> {
  const looks: Look[] = []
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  for (;;) {
    stopping.throwIfAborted()
    service.requireRunning()
    if (performance.now() > deadlineMs) throw new Error('the service did not settle all orders in time')
    const { rows } = await client.query<{ settled: string; stored: string }>({
      name: 'look',
      text: SETTLED,
      values: [load.topic],
    })
    const settled = Number(rows[0]?.settled)
    if (settled > 0) looks.push({ atMs: performance.now(), settled, usage: usageOf(service.pid) })
    if (settled >= load.orders) {
      if (Number(rows[0]?.stored) !== load.orders) throw new Error('not every order was booked as stored')
      return looks
    }
    await delay(LOOK_EVERY_MS)
  }
}

function summarize(looks: readonly Look[], orders: number): Drain {
  const [first, last] = [looks[0], looks.at(-1)]
  if (first === undefined || last === undefined || first === last)
    throw new Error('too few orders to measure anything')
  const counted = orders - first.settled
  const throughput = throughputOf(counted, last.atMs - first.atMs)
  if (first.usage === undefined || last.usage === undefined) return throughput
  return {
    ...throughput,
    cpuMicrosPerOrder: ((last.usage.cpuMs - first.usage.cpuMs) * 1000) / counted,
    peakResidentBytes: last.usage.peakResidentBytes,
    resident: SHARES.map((share) => ({
      share,
      bytes: looks.find(({ settled }) => settled >= share * orders)?.usage?.residentBytes ?? NaN,
    })),
  }
}
