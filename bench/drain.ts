import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase, requireOrders } from './database.ts'
import { usageOf, type ProcessUsage } from './process-usage.ts'
import { startService, type ServiceProcess } from './service-process.ts'
import { throughputOf, type Throughput } from './throughput.ts'
import type { FilledTopic } from './topic.ts'

export interface Drain extends Throughput {
  /** Processor time of all instances; the fields from here on are missing where /proc is. */
  readonly cpuMicrosPerOrder?: number
  /** Of all instances since they started. */
  readonly peakResidentBytes?: number
  /** When these shares of the records were settled. */
  readonly resident?: readonly { readonly share: number; readonly bytes: number }[]
}

export interface DrainOptions {
  readonly instances?: number
  readonly settings?: Readonly<Record<string, string>>
  /** At how many even steps of the drain the memory is told. */
  readonly memorySteps?: number
}

const LOOK_EVERY_MS = 50
const GIVE_UP_AFTER_MS = 600_000
/** With less than this left when all instances work, there is nothing to measure. */
const LEAST_SHARE = 1 / 3

const SETTLED = `
  select
    coalesce(sum(next_offset), 0) as settled,
    coalesce(sum(stored), 0) as stored,
    coalesce(sum(dead_lettered), 0) as dead_lettered,
    count(distinct written_by) filter (where version > 0) as writers
  from ledger where topic = $1`

/**
 * Ours: the service reads all records from Kafka into an empty database. The clock runs from when each
 * instance has committed a batch, so that starting processes is left out, until the ledger says that all
 * are settled.
 */
export async function measureDrain(
  { dsn, place }: BenchStack,
  topic: FilledTopic,
  { instances = 1, settings = {}, memorySteps = 4 }: DrainOptions,
  stopping: AbortSignal,
): Promise<Drain> {
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  await using running = new AsyncDisposableStack()
  const services = Array.from({ length: instances }, () =>
    running.use(startService(place, database.dsn, topic.topic, settings)),
  )
  const looks = await watch(connection.client, services, topic, stopping)
  await requireOrders(database.dsn, topic.records - topic.invalid)
  return summarize(looks, topic.records, memorySteps)
}

/** One look at how far the services are, and at what they have used. */
interface Look {
  readonly atMs: number
  readonly settled: number
  readonly usage: ProcessUsage | undefined
}

interface SettledRow {
  readonly settled: string
  readonly stored: string
  readonly dead_lettered: string
  readonly writers: string
}

/** From when all work until the last batch. */
async function watch(
  client: Client,
  services: readonly ServiceProcess[],
  { topic, records, invalid }: FilledTopic,
  stopping: AbortSignal,
): Promise<Look[]> {
  const looks: Look[] = []
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  for (;;) {
    stopping.throwIfAborted()
    for (const service of services) service.requireRunning()
    if (performance.now() > deadlineMs) throw new Error('the service did not settle all orders in time')
    const { rows } = await client.query<SettledRow>({ name: 'look', text: SETTLED, values: [topic] })
    const settled = Number(rows[0]?.settled)
    if (looks.length > 0 || Number(rows[0]?.writers) >= services.length)
      looks.push({ atMs: performance.now(), settled, usage: usageOfAll(services) })
    if (settled >= records) {
      if (Number(rows[0]?.stored) !== records - invalid || Number(rows[0]?.dead_lettered) !== invalid)
        throw new Error('not every order was booked as stored, and nothing else as a dead letter')
      return looks
    }
    await delay(LOOK_EVERY_MS)
  }
}

function usageOfAll(services: readonly ServiceProcess[]): ProcessUsage | undefined {
  const total = { cpuMs: 0, residentBytes: 0, peakResidentBytes: 0 }
  for (const { pid } of services) {
    const usage = usageOf(pid)
    if (usage === undefined) return undefined
    total.cpuMs += usage.cpuMs
    total.residentBytes += usage.residentBytes
    total.peakResidentBytes += usage.peakResidentBytes
  }
  return total
}

function summarize(looks: readonly Look[], records: number, memorySteps: number): Drain {
  const [first, last] = [looks[0], looks.at(-1)]
  if (first === undefined || last === undefined || records - first.settled < LEAST_SHARE * records)
    throw new Error('too few orders were left when all instances worked: measure with more of them')
  const counted = records - first.settled
  const throughput = throughputOf(counted, last.atMs - first.atMs)
  if (first.usage === undefined || last.usage === undefined) return throughput
  return {
    ...throughput,
    cpuMicrosPerOrder: ((last.usage.cpuMs - first.usage.cpuMs) * 1000) / counted,
    peakResidentBytes: last.usage.peakResidentBytes,
    resident: Array.from({ length: memorySteps }, (_, step) => {
      const share = (step + 1) / memorySteps
      const look = looks.find(({ settled }) => settled >= share * records)
      return { share, bytes: look?.usage?.residentBytes ?? NaN }
    }),
  }
}
