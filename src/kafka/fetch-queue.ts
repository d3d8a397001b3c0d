import type { PartitionReader, ReaderEnd, UnreadableBatch } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'

/** The receiving end of the fetch loop: what was fetched of one partition and not taken yet. */
export class FetchQueue implements PartitionReader {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  position: number
  logEnd = 0
  bytes = 0
  /** Broker that leads the partition; undefined until it was looked up. */
  node: number | undefined
  unreadable: UnreadableBatch | undefined
  #ended: ReaderEnd | undefined
  #records: SourceRecord[] = []
  #taken = 0
  readonly #waiting = new Set<() => void>()
  readonly #changed: () => void

  /** `changed` is called when there is room again and when the reader ended. */
  constructor(
    at: { topic: string; topicId: string; partition: number; offset: number },
    changed: () => void,
  ) {
    this.topic = at.topic
    this.topicId = at.topicId
    this.partition = at.partition
    this.position = at.offset
    this.#changed = changed
  }

  get ended(): ReaderEnd | undefined {
    // What is buffered was read from the right log, so it may still be taken; not after a close, which drops it.
    return this.#taken < this.#records.length ? undefined : this.#ended
  }

  get fetching(): boolean {
    return this.#ended === undefined
  }

  get nextRecord(): number {
    return this.#records[this.#taken]?.offset ?? this.position
  }

  push(records: readonly SourceRecord[], position: number, logEnd: number): void {
    for (const record of records) {
      this.#records.push(record)
      this.bytes += record.bytes
    }
    this.position = position
    this.logEnd = logEnd
    if (records.length > 0) this.#notify()
  }

  end(reason: ReaderEnd): void {
    this.#ended ??= reason
    this.#notify()
    this.#changed()
  }

  endUnreadable(batch: UnreadableBatch): void {
    this.unreadable = batch
    this.end('unreadable')
  }

  take(maxRecords: number, maxBytes: number): SourceRecord[] {
    const from = this.#taken
    let bytes = 0
    while (
      this.#taken < this.#records.length &&
      this.#taken - from < maxRecords &&
      (bytes < maxBytes || bytes === 0)
    ) {
      const record = this.#records[this.#taken++]
      if (record !== undefined) bytes += record.bytes
    }
    const records = this.#records.slice(from, this.#taken)
    if (this.#taken === this.#records.length) {
      this.#records = []
      this.#taken = 0
    }
    this.bytes -= bytes
    if (records.length > 0) this.#changed()
    return records
  }

  async readable(timeoutMs: number): Promise<void> {
    if (this.#taken < this.#records.length || this.#ended !== undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    this.#waiting.add(resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }

  close(): void {
    this.#records = []
    this.#taken = 0
    this.bytes = 0
    this.end('closed')
  }

  #notify(): void {
    for (const resolve of this.#waiting) resolve()
  }
}
