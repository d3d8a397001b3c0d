import { HoldPartition } from '../../src/pipeline/failure.ts'
import type { Log, LogRange, PartitionReader, ReaderEnd, TopicState } from '../../src/pipeline/log.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { Actor, Pause } from './actor.ts'
import type { SimulatedTime } from './simulated-time.ts'

export const TOPIC = 'orders'
export const PARTITIONS = 2

/** What a producer sent; `serial` is never used twice. */
export interface Sent {
  readonly serial: number
  readonly uid: string
  /** Undefined for a record that is no order. */
  readonly content: number | undefined
}

interface Slot extends Sent {
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

  produce(partition: number, uid: string, content: number | undefined): void {
    const log = this.topic?.logs[partition]
    if (log === undefined) return
    const sent = { serial: ++this.#serial, uid, content }
    log.appended.set(log.end, sent.serial)
    log.slots.push({ ...sent, leaderEpoch: log.leaderEpoch })
    this.acknowledged.set(sent.serial, sent)
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

export class SimulatedReader implements PartitionReader {
  position: number
  logEnd = 0
  /** Changed only by a planted bug. */
  topicId: string
  readonly #partition: number
  readonly #kafka: SimulatedKafka
  readonly #actor: Actor
  readonly #time: SimulatedTime
  #buffer: SourceRecord[] = []
  #ended: ReaderEnd | undefined
  #waiting: Pause<void> | undefined

  constructor(kafka: SimulatedKafka, actor: Actor, time: SimulatedTime, at: ReaderPlace) {
    this.#kafka = kafka
    this.#actor = actor
    this.#time = time
    this.#partition = at.partition
    this.topicId = at.topicId
    this.position = at.offset
  }

  get ended(): ReaderEnd | undefined {
    return this.#buffer.length > 0 ? undefined : this.#ended
  }

  get nextRecord(): number {
    return this.#buffer[0]?.offset ?? this.position
  }

  take(maxRecords: number): SourceRecord[] {
    return this.#buffer.splice(0, maxRecords)
  }

  readable(timeoutMs: number): Promise<void> {
    this.#waiting?.end()
    if (this.#buffer.length > 0 || this.#ended !== undefined) return Promise.resolve()
    this.#waiting = this.#actor.open('readable', (outcome) => {
      if (outcome !== 7) this.fetch(outcome)
      if (this.#buffer.length === 0 && this.#ended === undefined) this.#time.advance(timeoutMs)
    })
    return this.#waiting.promise
  }

  /** One answer of the broker: up to 4 offsets, and with `outcome` > 3 also some before those it was asked for. */
  fetch(outcome: number): void {
    const { topic } = this.#kafka
    if (this.#ended !== undefined || topic === undefined) return
    const log = topic.logs[this.#partition]
    if (topic.id !== this.topicId || log === undefined) return this.#end('topic_changed')
    if (this.position < log.start || this.position > log.end) return this.#end('out_of_range')
    const first = Math.max(log.start, this.position - Math.max(0, outcome - 3))
    const next = Math.min(log.end, this.position + 4 - (outcome % 4))
    for (let offset = first; offset < next; offset++) {
      const slot = log.slots[offset]
      if (slot !== undefined) this.#buffer.push(toRecord(slot, this.#partition, offset))
    }
    this.position = next
    this.logEnd = log.end
    if (this.#buffer.length > 0) this.#waiting?.end()
  }

  close(): void {
    this.#buffer = []
    this.#end('closed')
  }

  #end(reason: ReaderEnd): void {
    this.#ended ??= reason
    this.#waiting?.end()
  }
}

/** All timestamps are equal: a record of the same offset must be told apart by its leader epoch alone. */
function toRecord({ leaderEpoch, ...sent }: Slot, partition: number, offset: number): SourceRecord {
  return {
    topic: TOPIC,
    partition,
    offset,
    timestampMs: 0,
    leaderEpoch,
    key: Buffer.from(sent.uid),
    value: Buffer.from(JSON.stringify(sent)),
    headers: [],
    bytes: 1,
  }
}
