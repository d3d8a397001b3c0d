import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import type { Membership } from '../pipeline/log.ts'
import { clientOptions, type KafkaSettings } from './client.ts'

/** A member that is silent for this long has lost its partitions to the others. */
const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 2_000
const REBALANCE_TIMEOUT_MS = 20_000
const COPY_EVERY_MS = 500
const LEAVE_WITHIN_MS = 2_000
const RETRY_MS = 250

export interface GroupMembership extends Membership {
  /** Notes an offset to be written to Kafka soon; a newer one replaces it. Failures are left at that: it is a copy. */
  commitCopy(topic: string, partition: number, nextOffset: number, leaderEpoch: number): void
}

/**
 * Membership in a consumer group and nothing else: partitions are read elsewhere, from where the ledger
 * says. A member that fails in any way is thrown away and a new one joins.
 */
export function openMembership(
  settings: KafkaSettings,
  groupId: string,
  topic: string,
  /** Of the next try to join, which counts from 1. */
  rejoinDelayMs: (attempt: number) => number,
  onError: (error: unknown) => void,
): GroupMembership {
  const abort = new AbortController()
  const copies = new Map<string, { topic: string; partition: number; offset: bigint; leaderEpoch: number }>()
  let member: Consumer | undefined
  let failMember: (cause: unknown) => void = () => {}
  let joined = false
  let running: Promise<void> | undefined

  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: abort.signal }).catch(() => {})

  const flush = async (): Promise<void> => {
    if (!joined || copies.size === 0 || member === undefined) return
    const offsets = [...copies.values()]
    copies.clear()
    await member.commit({ offsets }).catch(() => {})
  }

  const memberOnce = async (onAssignment: (partitions: readonly number[]) => void): Promise<void> => {
    const failed = Promise.withResolvers<unknown>()
    const consumer = new Consumer({
      ...clientOptions(settings),
      groupId,
      autocommit: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      // A join waits for the other members for up to the rebalance time-out.
      timeout: REBALANCE_TIMEOUT_MS + SESSION_TIMEOUT_MS,
      retries: 3,
      retryDelay: RETRY_MS,
    })
    member = consumer
    failMember = failed.resolve
    consumer.on('error', failed.resolve)
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => failed.resolve(lastError))
    consumer.on('consumer:group:join', ({ assignments }) => {
      joined = true
      onAssignment((assignments ?? []).filter((one) => one.topic === topic).flatMap((one) => one.partitions))
    })
    consumer.topics.track(topic)
    const joining = consumer.joinGroup().catch(failed.resolve)
    abort.signal.addEventListener('abort', () => failed.resolve(undefined), { once: true })
    const cause = await failed.promise
    if (!abort.signal.aborted) onError(cause)
    await flush()
    joined = false
    // Waiting for a broker that is away would only delay the next join.
    await Promise.race([Promise.allSettled([joining, consumer.close(true)]), sleep(LEAVE_WITHIN_MS)])
  }

  const run = async (onAssignment: (partitions: readonly number[]) => void): Promise<void> => {
    for (let attempt = 1; !abort.signal.aborted; attempt++) {
      const since = Date.now()
      await memberOnce(onAssignment).catch(onError)
      if (Date.now() - since > SESSION_TIMEOUT_MS) attempt = 1
      if (!abort.signal.aborted) await pause(rejoinDelayMs(attempt))
    }
  }

  const timer = setInterval(() => void flush(), COPY_EVERY_MS)

  return {
    start: (onAssignment) => {
      running ??= run(onAssignment)
    },
    rejoin: () => {
      // What the leader of the group assigns is what it believes to know of the topic.
      member?.clearMetadata()
      void member?.joinGroup().catch(failMember)
    },
    commitCopy: (name, partition, nextOffset, leaderEpoch) => {
      copies.set(`${name}-${partition}`, { topic: name, partition, offset: BigInt(nextOffset), leaderEpoch })
    },
    close: async () => {
      clearInterval(timer)
      abort.abort()
      await running
    },
  }
}
