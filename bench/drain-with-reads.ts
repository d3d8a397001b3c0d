import type { BenchStack } from './bench-stack.ts'
import { freshDatabase } from './database.ts'
import { getRequest, loadHttp, type HttpLoad } from './http-load.ts'
import type { IdleClients } from './idle-clients.ts'
import { startReadService, type ReadService } from './read-service.ts'
import { PARTITIONS, type FilledTopic } from './topic.ts'

export interface DrainWithReads {
  readonly perSecond: number
  readonly lookups: HttpLoad
}

/** Who is there besides, and asks for nothing. */
export interface Idle {
  readonly open: (port: number) => Promise<IdleClients | undefined>
  readonly isSentEvents: boolean
}

/** Often enough to see a p99, too few to cost anything. */
const LOOKUPS_PER_SECOND = 200
const LOOKUP_CONNECTIONS = 4
/** Look-ups end before the drain does. */
const FASTEST_DRAIN_PER_SECOND = 40_000

/** Orders per second that are stored while others look up orders, and while idle clients are there. */
export async function measureDrainWithReads(
  stack: BenchStack,
  { topic, records }: FilledTopic,
  uids: readonly string[],
  idle: Idle,
): Promise<DrainWithReads> {
  await using database = await freshDatabase(stack.dsn)
  await using service = await startReadService(stack, database.dsn, topic, {})
  await using clients = await idle.open(service.port)
  // Then the first orders are among them, in whichever partitions they are.
  await service.eachSettled(PARTITIONS, uids.length)
  const seconds = records / FASTEST_DRAIN_PER_SECOND
  const [drained, lookups] = await Promise.all([service.settled(records), lookUp(service, uids, seconds)])
  if (drained.records < records / 3) throw new Error('too few orders were left: measure with more of them')
  if (idle.isSentEvents && (await clients?.received()) === 0) throw new Error('no events came')
  return { perSecond: (drained.records / drained.ms) * 1000, lookups }
}

function lookUp({ port }: ReadService, uids: readonly string[], seconds: number): Promise<HttpLoad> {
  return loadHttp({
    port,
    requests: uids.map((uid) => getRequest(`/orders/${uid}`)),
    connections: LOOKUP_CONNECTIONS,
    seconds,
    perSecond: LOOKUPS_PER_SECOND,
  })
}
