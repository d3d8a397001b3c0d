import type { PartitionReader, ReaderEnd } from '../../src/pipeline/log.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { Actor, Pause } from './actor.ts'
import { TOPIC, type ReaderPlace, type SimulatedKafka, type Slot } from './simulated-kafka.ts'
import type { SimulatedTime } from './simulated-time.ts'

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
