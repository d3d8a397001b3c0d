import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, GenericError, ResponseError } from '@platformatic/kafka'
import type { PartitionReader } from '../pipeline/log.ts'
import { clientOptions, toNumber, type KafkaSettings } from './client.ts'
import { decodePartition, type FetchResponse } from './fetch-decode.ts'
import { FetchQueue } from './fetch-queue.ts'

export interface FetchLimits {
  /** Of one answer, over all partitions. With what is queued this bounds the memory. */
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  /** A partition is asked for while less than this waits to be taken. */
  readonly queueBytes: number
  /** How long a broker may keep a request that has nothing to answer yet. */
  readonly waitMs: number
}

/** A reader, and the position that it was asked for at. */
interface Asked {
  readonly queue: FetchQueue
  readonly position: number
}

export const DEFAULT_LIMITS: FetchLimits = {
  maxBytes: 2_097_152,
  partitionMaxBytes: 524_288,
  queueBytes: 524_288,
  waitMs: 500,
}
/** While some partitions are full, the answer for the others must not keep them waiting for long. */
const WAIT_WHILE_SOME_ARE_FULL_MS = 20
const RETRY_MS = 200
/** A broker answers with one whole batch even when that is more than was asked for. */
const FIRST_BATCH_ONLY = 1

/** Kafka's protocol error codes that the loop tells apart. */
const OFFSET_OUT_OF_RANGE = 1
const TOPIC_IS_GONE = new Set([3, 100, 103])

/**
 * Reads partitions of topic *ids* from offsets that the caller names. A consumer that never joins a group
 * fetches, one request per broker at a time; membership and positions are somebody else's, so the ledger
 * decides where to read, and a partition that is not taken from holds while the others flow.
 */
export class FetchLoop implements AsyncDisposable {
  readonly #client: Consumer
  readonly #limits: FetchLimits
  readonly #queues = new Set<FetchQueue>()
  readonly #pumps = new Map<number, Promise<void>>()
  #locating = false
  #changed: Array<() => void> = []
  #closed = false

  constructor(
    settings: KafkaSettings,
    onError: (error: unknown) => void,
    limits: FetchLimits = DEFAULT_LIMITS,
  ) {
    this.#limits = limits
    // A group id is asked for, but never joined.
    this.#client = new Consumer({
      ...clientOptions(settings),
      groupId: `${settings.clientId}-fetch`,
      autocommit: false,
    })
    this.#client.on('error', onError)
  }

  /** A partition of a topic id has one open reader at a time: of two, one would get nothing. */
  open(at: { topic: string; topicId: string; partition: number; offset: number }): PartitionReader {
    const queue: FetchQueue = new FetchQueue(at, () => {
      if (!queue.fetching) this.#queues.delete(queue)
      this.#announce()
    })
    this.#queues.add(queue)
    this.#locate()
    return queue
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const queue of this.#queues) queue.close()
    this.#announce()
    await this.#client.close(true)
    await Promise.all(this.#pumps.values())
  }

  /** Finds the leaders of queues without one, and makes sure that their brokers are being asked. */
  #locate(): void {
    if (this.#locating) return
    this.#locating = true
    void this.#findLeaders().finally(() => {
      this.#locating = false
      if (!this.#closed && this.#lost().length > 0) this.#locate()
    })
  }

  #lost(): FetchQueue[] {
    return [...this.#queues].filter((queue) => queue.node === undefined)
  }

  async #findLeaders(): Promise<void> {
    const lost = this.#lost()
    const topics = [...new Set(lost.map(({ topic }) => topic))]
    try {
      const metadata = await this.#client.metadata({ topics, forceUpdate: true })
      for (const queue of lost) {
        const topic = metadata.topics.get(queue.topic)
        const leader = topic?.partitions[queue.partition]?.leader ?? -1
        if (topic?.id !== queue.topicId) queue.end('topic_changed')
        else if (leader >= 0) this.#assign(queue, leader)
      }
    } catch {
      // No broker answers, or the topic is gone: the partition's own look at the topic tells which.
    }
    if (!this.#closed && lost.some(({ node, fetching }) => node === undefined && fetching))
      await sleep(RETRY_MS)
  }

  #assign(queue: FetchQueue, node: number): void {
    queue.node = node
    if (!this.#pumps.has(node))
      this.#pumps.set(
        node,
        this.#pump(node).finally(() => this.#pumps.delete(node)),
      )
    this.#announce()
  }

  /** Asks one broker again and again for whatever it leads and has room. */
  async #pump(node: number): Promise<void> {
    while (!this.#closed) {
      const led = [...this.#queues].filter((queue) => queue.node === node)
      if (led.length === 0) return
      const wanting = led.filter((queue) => queue.bytes < this.#limits.queueBytes)
      if (wanting.length === 0) await this.#change()
      else
        await this.#ask(
          node,
          wanting,
          wanting.length < led.length ? WAIT_WHILE_SOME_ARE_FULL_MS : this.#limits.waitMs,
        )
    }
  }

  async #ask(node: number, queues: FetchQueue[], maxWaitTime: number): Promise<void> {
    const asked = queues.map((queue) => ({ queue, position: queue.position }))
    try {
      this.#deliver(asked, await this.#fetch(node, queues, maxWaitTime))
    } catch (error) {
      if (!this.#closed) await this.#answerError(node, asked, error)
    }
    if (this.#lost().length > 0) this.#locate()
  }

  async #answerError(node: number, asked: readonly Asked[], error: unknown): Promise<void> {
    const response: FetchResponse | undefined = error instanceof ResponseError ? error['response'] : undefined
    if (response !== undefined) this.#deliver(asked, response)
    else if (!isUndecodable(error)) for (const { queue } of asked) queue.node = undefined
    // The broker answered, and one of the batches can't be decoded: alone, each shows whether it is the one.
    else if (asked.length > 1)
      for (const { queue } of asked) await this.#ask(node, [queue], WAIT_WHILE_SOME_ARE_FULL_MS)
    else if (asked[0] !== undefined) blame(asked[0])
    await sleep(RETRY_MS)
  }

  async #fetch(node: number, queues: readonly FetchQueue[], maxWaitTime: number): Promise<FetchResponse> {
    const byTopic = Map.groupBy(queues, ({ topicId }) => topicId)
    const topics = [...byTopic].map(([topicId, members]) => ({
      topicId,
      partitions: members.map(({ partition, position, batchByBatch }) => ({
        partition,
        fetchOffset: BigInt(position),
        partitionMaxBytes: batchByBatch ? FIRST_BATCH_ONLY : this.#limits.partitionMaxBytes,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
      })),
    }))
    return this.#client.fetch({ node, maxWaitTime, minBytes: 1, maxBytes: this.#limits.maxBytes, topics })
  }

  /** An answer counts only for readers that are still open and still stand where they asked. */
  #deliver(asked: readonly Asked[], response: FetchResponse): void {
    for (const { topicId, partitions } of response.responses) {
      for (const fetched of partitions) {
        const one = asked.find(
          ({ queue }) => queue.topicId === topicId && queue.partition === fetched.partitionIndex,
        )
        if (one === undefined || !one.queue.fetching || one.queue.position !== one.position) continue
        const { queue } = one
        if (fetched.errorCode === OFFSET_OUT_OF_RANGE) queue.end('out_of_range')
        else if (TOPIC_IS_GONE.has(fetched.errorCode)) queue.end('topic_changed')
        else if (fetched.errorCode !== 0) queue.node = undefined
        else {
          const { records, position } = decodePartition(queue.topic, fetched, queue.position)
          queue.push(records, position, toNumber(fetched.highWatermark))
        }
      }
    }
  }

  #announce(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const resolve of waiting) resolve()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }
}

/** The good batches before the bad one come one at a time, until the bad one is all there is in an answer. */
function blame({ queue, position }: Asked): void {
  if (queue.position !== position) return
  if (queue.batchByBatch) queue.end('unreadable')
  else queue.batchByBatch = true
}

/** Not a connection, time-out or protocol error of the library, nor of a socket: decoding itself threw. */
function isUndecodable(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (GenericError.isGenericError(error))
    return code === 'PLT_KFK_UNSUPPORTED_COMPRESSION' || code === 'PLT_KFK_OUT_OF_BOUNDS'
  return !/^E[A-Z]+$/.test(code)
}
