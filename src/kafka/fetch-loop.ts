import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, type Broker } from '@platformatic/kafka'
import type { PartitionReader, UnreadableBatch } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import { clientOptions, type KafkaSettings } from './client.ts'
import { decodePartition } from './fetch-decode.ts'
import { FetchQueue } from './fetch-queue.ts'
import { fetchApiOf, fetchRaw, type FetchedPartition } from './fetch-request.ts'
import { roomForAnswer } from './record-batch.ts'

export interface FetchLimits {
  /** Of one answer, over all partitions. With what is queued this bounds the memory. */
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  /** A partition is asked for while less than this waits to be taken. */
  readonly queueBytes: number
  /** No partition is asked for while more than this waits in all of them: batches may inflate to far more than came. */
  readonly totalBytes: number
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
  totalBytes: 67_108_864,
  waitMs: 500,
}
/** While some partitions are full, the answer for the others must not keep them waiting for long. */
const WAIT_WHILE_SOME_ARE_FULL_MS = 20
const RETRY_MS = 200

/** Kafka's protocol error codes that the loop tells apart. */
const OFFSET_OUT_OF_RANGE = 1
const CORRUPT_MESSAGE = 2
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
  #brokers: ReadonlyMap<number, Broker> = new Map()
  #api: ReturnType<typeof fetchApiOf> | undefined
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
      this.#brokers = metadata.brokers
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
      const waitingBytes = [...this.#queues].reduce((sum, { bytes }) => sum + bytes, 0)
      const wanting =
        waitingBytes < this.#limits.totalBytes
          ? led.filter((queue) => queue.bytes < this.#limits.queueBytes)
          : []
      if (wanting.length === 0) await this.#change()
      else
        await this.#ask(
          node,
          wanting,
          wanting.length < led.length ? WAIT_WHILE_SOME_ARE_FULL_MS : this.#limits.waitMs,
        )
    }
  }

  async #ask(node: number, queues: FetchQueue[], maxWaitMs: number): Promise<void> {
    const asked = queues.map((queue) => ({ queue, position: queue.position }))
    try {
      this.#deliver(asked, await this.#fetch(node, queues, maxWaitMs))
    } catch {
      // No answer, or none at all that is about partitions: look anew for the leaders.
      if (this.#closed) return
      for (const queue of queues) queue.node = undefined
      await sleep(RETRY_MS)
    }
    if (this.#lost().length > 0) this.#locate()
  }

  async #fetch(node: number, queues: readonly FetchQueue[], maxWaitMs: number): Promise<FetchedPartition[]> {
    const broker = this.#brokers.get(node)
    if (broker === undefined) throw new Error(`there is no broker ${node}`)
    this.#api ??= fetchApiOf(this.#client)
    const api = await this.#api.catch((error: unknown) => {
      this.#api = undefined
      throw error
    })
    const { maxBytes, partitionMaxBytes } = this.#limits
    const partitions = queues.map(({ topicId, partition, position }) => ({
      topicId,
      partition,
      offset: position,
      maxBytes: partitionMaxBytes,
    }))
    return fetchRaw(this.#client, api, broker, { maxWaitMs, maxBytes, partitions })
  }

  /** An answer counts only for readers that are still open and still stand where they asked. */
  #deliver(asked: readonly Asked[], answer: readonly FetchedPartition[]): void {
    const room = roomForAnswer()
    for (const fetched of answer) {
      const one = asked.find(
        ({ queue }) => queue.topicId === fetched.topicId && queue.partition === fetched.partition,
      )
      if (one === undefined || !one.queue.fetching || one.queue.position !== one.position) continue
      const { queue } = one
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) queue.end('out_of_range')
      else if (TOPIC_IS_GONE.has(fetched.errorCode)) queue.end('topic_changed')
      else if (fetched.errorCode === CORRUPT_MESSAGE) queue.endUnreadable(brokerCanNotRead(one.position))
      else if (fetched.errorCode !== 0) queue.node = undefined
      else {
        const { records, position, unreadable } = decodePartition(queue.topic, fetched, queue.position, room)
        // The good batches before a bad one first; the next answer begins with it.
        if (unreadable !== undefined && position === one.position) queue.endUnreadable(unreadable)
        else this.#push(queue, fetched, records, position)
      }
    }
  }

  /** A broker fills its answers in the order in which it was asked: whoever got something is the last next time. */
  #push(
    queue: FetchQueue,
    { highWatermark }: FetchedPartition,
    records: readonly SourceRecord[],
    position: number,
  ): void {
    if (records.length > 0) {
      this.#queues.delete(queue)
      this.#queues.add(queue)
    }
    queue.push(records, position, highWatermark)
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

function brokerCanNotRead(position: number): UnreadableBatch {
  return { first: position, to: undefined, why: 'the broker itself can not read its log there' }
}
