import type { BatchLimits } from './batch.ts'
import { seeOffsets } from './lag.ts'
import type { Counts, Ledger } from './ledger.ts'
import type { Log, Membership } from './log.ts'
import type { PartitionEvents, PartitionStatus } from './partition-events.ts'
import type { PartitionOptions } from './partition-options.ts'
import { PartitionWorker } from './partition.ts'

export interface RoleOptions<Transaction, Prepared, Settled extends { readonly counts: Counts }> extends Omit<
  PartitionOptions<Transaction, Prepared, Settled>,
  'partition' | 'limits'
> {
  /** Of one batch, while this instance has few partitions. */
  readonly limits: BatchLimits
  readonly membership: Membership
  /** How often lag and the number of partitions are looked up. */
  readonly watchMs: number
}

export interface RunningRole {
  readonly consumerGroup: string
  readonly topic: string
  /** Whether the group has assigned at least once; before that, no partition means nothing. */
  joined(): boolean
  /** Of the partitions that the group gave to this instance; empty before the first join. */
  status(): readonly PartitionStatus[]
  /** Ends what is being written, settles nothing more, and leaves the group. */
  stop(): Promise<void>
}

/** Runs a role that settles its records in batches, in the order in which they lie. */
export function startRole<Transaction, Prepared, Settled extends { readonly counts: Counts }>(
  options: RoleOptions<Transaction, Prepared, Settled>,
): RunningRole {
  return runPartitions(options, (partition, limits) => new PartitionWorker({ ...options, limits, partition }))
}

/** What takes one partition through its life on this instance. */
export interface Worker {
  readonly status: PartitionStatus
  /** The group assigned anew: another instance may have moved the ledger meanwhile. */
  resume(): void
  /** Resolves when what was being settled has ended; nothing else is begun. */
  stop(): Promise<void>
}

export interface PartitionsOptions {
  readonly consumerGroup: string
  readonly topic: string
  readonly membership: Membership
  readonly log: Log
  readonly ledger: Pick<Ledger<never>, 'bookGoneTopics'>
  readonly events: PartitionEvents
  /** Of one batch, while this instance has few partitions. */
  readonly limits: BatchLimits
  readonly watchMs: number
}

/** Runs one worker for each partition that the group gives to this instance. */
export function runPartitions(
  options: PartitionsOptions,
  startWorker: (partition: number, limits: () => BatchLimits) => Worker,
): RunningRole {
  const { membership, log, topic, consumerGroup, watchMs } = options
  const workers = new Map<number, Worker>()
  const leaving = new Set<Promise<void>>()
  let stopped = false
  let joined = false
  let partitionCount: number | undefined
  const limits = (): BatchLimits => share(options.limits, workers.size)

  membership.start((partitions) => {
    if (stopped) return
    joined = true
    for (const [partition, worker] of workers) {
      if (partitions.includes(partition)) worker.resume()
      else {
        workers.delete(partition)
        const left = worker.stop()
        leaving.add(left)
        void left.finally(() => leaving.delete(left))
      }
    }
    for (const partition of partitions) {
      if (!workers.has(partition)) workers.set(partition, startWorker(partition, limits))
    }
  })

  let current = { topicId: '', sinceMs: 0, goneBooked: false }
  const bookGoneTopics = async (topicId: string): Promise<void> => {
    const nowMs = Date.now()
    if (current.topicId !== topicId) current = { topicId, sinceMs: nowMs, goneBooked: false }
    if (current.goneBooked || nowMs - current.sinceMs < GONE_AFTER_MS) return
    const key = { consumerGroup, topic, topicId, partition: 0 }
    const records = await options.ledger.bookGoneTopics(key)
    current.goneBooked = true
    if (records === 0) return
    options.events.settled(key, { expired: records }, 0, 0)
    options.events.expired(key, records)
  }

  const watch = async (): Promise<void> => {
    const state = await log.topic(topic)
    if (state === undefined) return
    if (partitionCount !== undefined && state.partitionCount !== partitionCount) membership.rejoin()
    partitionCount = state.partitionCount
    for (const { status } of workers.values()) {
      if (status.partition >= partitionCount) continue
      const { end: logEnd } = await log.range(topic, status.partition)
      seeOffsets(status, { topicId: status.topicId, nextOffset: status.nextOffset, logEnd }, Date.now())
    }
    await bookGoneTopics(state.id)
  }
  // A look that fails is made again; whatever is wrong with the broker shows in the partitions themselves.
  void watch().catch(() => {})
  const timer = setInterval(() => void watch().catch(() => {}), watchMs)

  return {
    consumerGroup,
    topic,
    joined: () => joined,
    status: () => [...workers.values()].map((worker) => worker.status),
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await Promise.all([...workers.values()].map((worker) => worker.stop()).concat([...leaving]))
      await membership.close()
    },
  }
}

/** Rows of the topic's earlier ids count as abandoned only some time after they were last written, so later than that. */
const GONE_AFTER_MS = 20_000

/** Partitions that have the full limits; with more of them the sum stays the same, so memory is bounded. */
const FULL_SHARES = 8
const MIN_RECORDS = 50
const MIN_BYTES = 262_144

function share(limits: BatchLimits, partitions: number): BatchLimits {
  const part = Math.min(1, FULL_SHARES / Math.max(1, partitions))
  return {
    maxRecords: Math.min(limits.maxRecords, Math.max(MIN_RECORDS, Math.floor(limits.maxRecords * part))),
    maxBytes: Math.min(limits.maxBytes, Math.max(MIN_BYTES, Math.floor(limits.maxBytes * part))),
    lingerMs: limits.lingerMs,
  }
}
