import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { seedFrom } from '../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../src/producer/records.ts'
import { produceLoad } from '../src/wiring/produce-load.ts'
import type { BenchStack } from './bench-stack.ts'
import { connect, freshDatabase } from './database.ts'
import { startService, type ServiceProcess } from './service-process.ts'
import { percentile } from './statistics.ts'
import { createTopic, ONLY_VALID, PARTITIONS, partitionOf } from './topic.ts'

export interface Latency {
  readonly orders: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface LatencyPlan {
  /** Must not exist yet. */
  readonly topic: string
  readonly ordersPerSecond: number
  readonly seconds: number
  /** Produced at the same rate before, and not counted. */
  readonly warmUpSeconds: number
}

const LOOK_EVERY_MS = 5
const GIVE_UP_AFTER_MS = 30_000

const NEXT_OFFSETS = 'select partition, next_offset from ledger where topic = $1'

/**
 * From the moment a record was *meant* to be produced, whatever held its producer up, until its order is
 * committed and seen by another connection; found out every 5 ms, so it is up to that much too long. The
 * service has nothing else to do, but shares the machine with producer, broker and database.
 */
export async function measureLatency(
  { dsn, kafka, cluster, place }: BenchStack,
  plan: LatencyPlan,
  stopping: AbortSignal,
): Promise<Latency> {
  const { topic, ordersPerSecond, warmUpSeconds, seconds } = plan
  await createTopic(cluster, topic, PARTITIONS)
  await using database = await freshDatabase(dsn)
  await using connection = await connect(database.dsn)
  await using service = startService(place, database.dsn, topic)
  const records = Math.round(ordersPerSecond * (warmUpSeconds + seconds))
  // All are made beforehand: making them would hold the producer up.
  const chunks = [...generateRecords(seedFrom(topic), records, ONLY_VALID)]
  const watch: Watch = { client: connection.client, topic, service, stopping }
  await untilReady(watch)

  const intervalMs = 1000 / ordersPerSecond
  const meant = meantTimes(chunks.flat(), intervalMs)
  const startedAtMs = performance.now()
  const [{ acknowledged }, all] = await Promise.all([
    produceLoad(kafka, topic, { chunks, intervalMs, stopping }, () => {}),
    watchUntilVisible(watch, meant, startedAtMs, records),
  ])
  if (acknowledged.total !== records) throw new Error('other records were produced than were meant to be')
  const counted = all.filter(({ meantAfterMs }) => meantAfterMs >= warmUpSeconds * 1000)
  const latenciesMs = counted.map(({ latencyMs }) => latencyMs)
  return {
    orders: latenciesMs.length,
    p50Ms: percentile(latenciesMs, 0.5),
    p90Ms: percentile(latenciesMs, 0.9),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: percentile(latenciesMs, 1),
  }
}

/** For each partition and offset, how long after the start its record is meant to be produced. */
function meantTimes(records: readonly LoadRecord[], intervalMs: number): readonly (readonly number[])[] {
  const times: number[][] = Array.from({ length: PARTITIONS }, () => [])
  records.forEach(({ key }, index) => times[partitionOf(key, PARTITIONS)]?.push(index * intervalMs))
  return times
}

interface Watch {
  readonly client: Client
  readonly topic: string
  readonly service: ServiceProcess
  readonly stopping: AbortSignal
}

async function untilReady(watch: Watch): Promise<void> {
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  while ((await nextOffsets(watch, deadlineMs)).size < PARTITIONS) await delay(LOOK_EVERY_MS)
}

interface Visible {
  readonly meantAfterMs: number
  readonly latencyMs: number
}

async function watchUntilVisible(
  watch: Watch,
  meant: readonly (readonly number[])[],
  startedAtMs: number,
  records: number,
): Promise<Visible[]> {
  const visible: Visible[] = []
  const seen = meant.map(() => 0)
  const deadlineMs = startedAtMs + Math.max(...meant.map((times) => times.at(-1) ?? 0)) + GIVE_UP_AFTER_MS
  while (visible.length < records) {
    const offsets = await nextOffsets(watch, deadlineMs)
    const afterMs = performance.now() - startedAtMs
    for (const [partition, nextOffset] of offsets) {
      const newOnes = meant[partition]?.slice(seen[partition], nextOffset) ?? []
      for (const meantAfterMs of newOnes) visible.push({ meantAfterMs, latencyMs: afterMs - meantAfterMs })
      seen[partition] = nextOffset
    }
    await delay(LOOK_EVERY_MS - (afterMs % LOOK_EVERY_MS))
  }
  return visible
}

async function nextOffsets(
  { client, topic, service, stopping }: Watch,
  deadlineMs: number,
): Promise<Map<number, number>> {
  stopping.throwIfAborted()
  service.requireRunning()
  if (performance.now() > deadlineMs) throw new Error('the service did not settle all orders in time')
  const { rows } = await client.query<{ partition: number; next_offset: string }>({
    name: 'look',
    text: NEXT_OFFSETS,
    values: [topic],
  })
  return new Map(rows.map(({ partition, next_offset: nextOffset }) => [partition, Number(nextOffset)]))
}
