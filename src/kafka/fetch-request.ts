import {
  createAPI,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  FetchIsolationLevels,
  UnsupportedApiError,
  type Broker,
  type Consumer,
  type Reader,
} from '@platformatic/kafka'
import { toNumber } from './client.ts'

export interface FetchQuestion {
  readonly maxWaitMs: number
  readonly maxBytes: number
  /** Oldest claim first: a broker fills its answer in this order. */
  readonly partitions: readonly {
    readonly topicId: string
    readonly partition: number
    readonly offset: number
    readonly maxBytes: number
  }[]
}

/** What a broker answered about one partition; the batches are as they lie in its log. */
export interface FetchedPartition {
  readonly topicId: string
  readonly partition: number
  /** Of Kafka's protocol; 0 is none. */
  readonly errorCode: number
  readonly highWatermark: number
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[]
  readonly batches: Buffer
  /** The first of the answer with any bytes: of that one, a broker sends at least one whole batch. */
  readonly isFirst: boolean
}

type RequestArguments = Parameters<typeof fetchV17.createRequest>

/** The versions that name topics by id. Their requests differ in places, their answers do not. */
const VERSIONS = (
  [
    [17, fetchV17],
    [16, fetchV16],
    [15, fetchV15],
    [14, fetchV14],
    [13, fetchV13],
  ] as const
).map(([version, { createRequest }]) => ({
  version,
  api: createAPI<RequestArguments, FetchedPartition[]>(1, version, createRequest, readAnswer),
}))
type FetchApi = (typeof VERSIONS)[number]['api']

const NO_SESSION = [0, -1] as const
const NO_EPOCH = -1
const MIN_BYTES = 1
const NO_BYTES = Buffer.alloc(0)

/** The newest way to ask for topics by id that the brokers know (Kafka 3.1 or newer). */
export async function fetchApiOf(client: Consumer): Promise<FetchApi> {
  const known = (await client.listApis()).find(({ name }) => name === 'Fetch')
  const usable = VERSIONS.find(({ version }) => version <= (known?.maxVersion ?? 0))
  if (usable === undefined)
    throw new UnsupportedApiError('the broker can not be asked for topics by their id')
  return usable.api
}

/**
 * Asks one broker. The library's own answer is decoded already: it inflates without a limit, checks no CRC,
 * and one bad batch takes the whole answer with it. So only its connections are used, and the batches stay bytes.
 */
export async function fetchRaw(
  client: Consumer,
  api: FetchApi,
  broker: Broker,
  { maxWaitMs, maxBytes, partitions }: FetchQuestion,
): Promise<FetchedPartition[]> {
  const topics = [...Map.groupBy(partitions, ({ topicId }) => topicId)].map(([topicId, members]) => ({
    topicId,
    partitions: members.map(({ partition, offset, maxBytes: partitionMaxBytes }) => ({
      partition,
      fetchOffset: BigInt(offset),
      partitionMaxBytes,
      currentLeaderEpoch: NO_EPOCH,
      lastFetchedEpoch: NO_EPOCH,
    })),
  }))
  const connection = await client.connections.get(broker)
  const isolation = FetchIsolationLevels.READ_COMMITTED
  return api.async(connection, maxWaitMs, MIN_BYTES, maxBytes, isolation, ...NO_SESSION, topics, [], '')
}

/** The answer's frame only. Throws when the whole answer is an error. */
function readAnswer(
  _correlationId: number,
  _key: number,
  _version: number,
  reader: Reader,
): FetchedPartition[] {
  reader.readInt32() // throttle time
  const errorCode = reader.readInt16()
  if (errorCode !== 0) throw new Error(`the broker answered a fetch with error ${errorCode}`)
  reader.readInt32() // session
  const partitions = reader.readArray(readTopic).flat()
  const first = partitions.find(({ batches }) => batches.length > 0)
  return partitions.map((each) => ({ ...each, isFirst: each === first }))
}

type AnsweredPartition = Omit<FetchedPartition, 'isFirst'>

function readTopic(reader: Reader): AnsweredPartition[] {
  const topicId = reader.readUUID()
  return reader.readArray((each) => readPartition(each, topicId))
}

function readPartition(reader: Reader, topicId: string): AnsweredPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = toNumber(reader.readInt64())
  reader.readInt64() // last stable offset
  reader.readInt64() // log start
  const aborted = reader.readArray((each) => ({
    producerId: each.readInt64(),
    firstOffset: toNumber(each.readInt64()),
  }))
  reader.readInt32() // replica that is nearer
  // In one piece, whatever pieces it came in; the trailing fields are read by the array around it.
  const batches = reader.readNullableBytes() ?? NO_BYTES
  return { topicId, partition, errorCode, highWatermark, aborted, batches }
}
