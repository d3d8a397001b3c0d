import { HoldPartition } from '../../src/pipeline/failure.ts'
import type { Log, LogRange, TopicState } from '../../src/pipeline/log.ts'
import type { Actor } from './actor.ts'
import { SimulatedReader } from './simulated-reader.ts'
import type { SimulatedTime } from './simulated-time.ts'

export const TOPIC = 'orders'
export const PARTITIONS = 2

/** What a producer sent; `serial` is never used twice. */
export interface Sent {
  readonly serial: number
  readonly uid: string
  /** Undefined for a record that is no order. */
  readonly content: number | undefined
  /** Retries so far. */
  readonly retry: number
  /** The database fails it in passing as long as it was not tried again so often. */
  readonly fails: number
  /** The database refuses it for good. */
  readonly refused: boolean
}

type Fate = Pick<Sent, 'retry' | 'fails' | 'refused'>
const HARMLESS: Fate = { retry: 0, fails: 0, refused: false }

export interface Slot extends Sent {
  readonly leaderEpoch: number
}

/** A partition's log. A slot without a record is a marker, or was deleted by retention when it lies below `start`. */
export class SimulatedLog {
  start = 0
  leaderEpoch = 0
  slots: Array<Slot | undefined> = []
  /** Offsets that never held a record. */
  readonly markers = new Set<number>()
  /** Serials by offset, of everything that was ever in it. */
  readonly appended = new Map<number, number>()
  /** Where it ended when its end was cut off; undefined for a whole log. */
  cutFrom: number | undefined

  get end(): number {
    return this.slots.length
  }
}

interface Topic {
  readonly id: string
  readonly logs: readonly SimulatedLog[]
}

/** One topic of records, its former lives, and the dead letters. */
export class SimulatedKafka {
  topic: Topic | undefined
  readonly everyTopic = new Map<string, Topic>()
  readonly acknowledged = new Map<number, Sent>()
  /** Kafka itself lost or deleted them, so they need not be found again. */
  readonly exempt = new Set<number>()
  readonly deadLetters = new Set<number>()
  /** Serials that were ever sent to retry, and what of that still waits there. */
  readonly retried = new Set<number>()
  readonly waiting: Array<Sent & { readonly partition: number }> = []
  /** By the retry role, to where they failed. */
  readonly sentBack = new Set<number>()
  /** The group's offsets as Kafka keeps them. */
  readonly copies = new Map<number, number>()
  #serial = 0

  constructor() {
    this.create()
  }

  create(): void {
    const id = `topic-${this.everyTopic.size}`
    this.topic = { id, logs: Array.from({ length: PARTITIONS }, () => new SimulatedLog()) }
    this.everyTopic.set(id, this.topic)
  }

  delete(): void {
    for (const { slots } of this.topic?.logs ?? []) this.#exempt(slots)
    this.topic = undefined
    this.copies.clear()
  }

  produce(partition: number, uid: string, content: number | undefined, fate: Partial<Fate> = {}): void {
    const log = this.topic?.logs[partition]
    if (log === undefined) return
    const sent = { serial: ++this.#serial, uid, content, ...HARMLESS, ...fate }
    log.appended.set(log.end, sent.serial)
    log.slots.push({ ...sent, leaderEpoch: log.leaderEpoch })
    this.acknowledged.set(sent.serial, sent)
  }

  /** The retry role: sends the oldest that waits back to where it came from; false when there is none. */
  forward(): boolean {
    if (this.topic === undefined) return false
    const sent = this.waiting.shift()
    if (sent === undefined) return false
    const { partition, uid, content, retry, fails, refused } = sent
    this.produce(partition, uid, content, { retry: retry + 1, fails, refused })
    return true
  }

  mark(partition: number): void {
    const log = this.topic?.logs[partition]
    // A marker in place of a record that was lost can't be told from it, as far as readers can see.
    if (log !== undefined && log.end >= (log.cutFrom ?? 0)) log.markers.add(log.slots.push(undefined) - 1)
  }

  expire(partition: number, count: number): void {
    const log = this.topic?.logs[partition]
    if (log === undefined) return
    const start = Math.min(log.end, log.start + count)
    this.#exempt(log.slots.slice(log.start, start))
    log.slots.fill(undefined, log.start, start)
    log.start = start
  }

  /** A leader that missed the last records was elected, or with `count` 0 one that has them all. */
  elect(partition: number, count: number): void {
    const log = this.topic?.logs[partition]
    if (log === undefined) return
    log.leaderEpoch++
    const end = Math.max(log.start, log.end - count)
    if (end === log.end) return
    log.cutFrom = Math.max(log.cutFrom ?? 0, log.end)
    this.#exempt(log.slots.splice(end))
    for (const offset of log.markers) if (offset >= end) log.markers.delete(offset)
  }

  log(topicId: string, partition: number): SimulatedLog {
    const log = this.everyTopic.get(topicId)?.logs[partition]
    if (log === undefined) throw new Error(`no log ${topicId}-${partition}`)
    return log
  }

  #exempt(slots: ReadonlyArray<Slot | undefined>): void {
    for (const slot of slots) if (slot !== undefined) this.exempt.add(slot.serial)
  }
}

/** Thrown where the broker does not answer. */
export function brokerGone(): Error {
  return Object.assign(new Error('connection closed'), { code: 'PLT_KFK_NETWORK' })
}

export type ReaderPlace = Parameters<Log['open']>[0]

export interface InstanceLog extends Log {
  open(at: ReaderPlace): SimulatedReader
}

/** An instance's view of Kafka. `onCopy` hears of each commit of an offset. */
export function simulatedLog(
  kafka: SimulatedKafka,
  actor: Actor,
  time: SimulatedTime,
  onCopy: (partition: number, nextOffset: number) => void,
): InstanceLog {
  return {
    topic: () =>
      actor.pause('topic', (outcome): TopicState | undefined => {
        if (outcome === 7) throw brokerGone()
        return kafka.topic && { id: kafka.topic.id, partitionCount: PARTITIONS }
      }),
    range: (_, partition) =>
      actor.pause('range', (outcome): LogRange => {
        if (outcome === 7) throw brokerGone()
        const log = kafka.topic?.logs[partition]
        if (log === undefined) throw new HoldPartition('topic_missing', 'unknown topic or partition')
        return { start: log.start, end: log.end, leaderEpoch: log.leaderEpoch }
      }),
    open: (at) => new SimulatedReader(kafka, actor, time, at),
    commitCopy: (_, partition, nextOffset) => onCopy(partition, nextOffset),
  }
}
