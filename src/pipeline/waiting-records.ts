import type { ByteBudget } from './byte-budget.ts'
import { DueHeap } from './due-heap.ts'
import type { Header, SourceRecord } from './record.ts'

interface Waiting {
  readonly offset: number
  /** By the monotonic clock. */
  readonly dueMs: number
  /** Undefined while it did not fit into memory: then it is read again when it is due. */
  record: SourceRecord | undefined
  /** Late: due, but not in memory. Gone: Kafka no longer has it either. */
  state: 'waiting' | 'late' | 'gone'
}

/** Of all that wait: where they lie, until when, and as many of the records themselves as fit. */
export interface WaitingFigures {
  readonly records: number
  readonly bytes: number
  /** Those whose bytes did not fit. */
  readonly notHeld: number
}

/**
 * Records of one partition that are not due yet, in the order in which they will be. Of each of them it keeps
 * the offset and the time, which is little; of their bytes what the budget allows. So when memory is full,
 * what is due still gets through: it is taken whether it fits or not, and what did not fit is asked for again.
 */
export class WaitingRecords {
  readonly #budget: ByteBudget
  readonly #maxRecords: number
  readonly #heap = new DueHeap<Waiting>()
  #ready: Waiting[] = []
  /** Came out of turn, from beyond what may wait; they will come by again. */
  readonly #beyond = new Set<number>()
  readonly #notHeld = new Map<number, Waiting>()
  #late = 0
  #bytes = 0

  constructor(budget: ByteBudget, maxRecords: number) {
    this.#budget = budget
    this.#maxRecords = maxRecords
  }

  /** So many may wait; what is due when it comes may come on top. */
  get capacity(): number {
    return this.#maxRecords
  }

  /** So many more can be added; the books remember at most one stretch more than records wait. */
  get room(): number {
    return Math.max(0, this.#maxRecords - this.#count)
  }

  get figures(): WaitingFigures {
    return { records: this.#count, bytes: this.#bytes, notHeld: this.#notHeld.size }
  }

  get #count(): number {
    return this.#heap.size + this.#ready.length + this.#late
  }

  /** When the next one is due; undefined when none waits. Those that are late are not among them. */
  get nextDueMs(): number | undefined {
    return this.#ready[0]?.dueMs ?? this.#heap.first?.dueMs
  }

  /**
   * Memory is more than full, and something is due that makes room when it is sent: until then nothing more
   * should be read, so that the budget is never exceeded by more than what is read at a time.
   */
  isOverfull(nowMs: number): boolean {
    this.#wakeUp(nowMs)
    return this.#ready.length > 0 && !this.#budget.fits(0)
  }

  /** A record that is due, whatever the room; until it was taken, it is not added again. */
  addBeyond(record: SourceRecord, dueMs: number, nowMs: number): void {
    this.add(record, dueMs, nowMs)
    this.#beyond.add(record.offset)
  }

  add(record: SourceRecord, dueMs: number, nowMs: number): void {
    if (this.#beyond.has(record.offset)) return
    const waiting: Waiting = { offset: record.offset, dueMs, record: undefined, state: 'waiting' }
    if (dueMs <= nowMs || this.#budget.fits(record.bytes)) this.#hold(waiting, record)
    else this.#notHeld.set(record.offset, waiting)
    this.#heap.push(waiting)
  }

  /** A record came along that was read before; it is kept if it was missing here, and is due or fits now. */
  supply(record: SourceRecord): void {
    const waiting = this.#notHeld.get(record.offset)
    if (waiting === undefined || (waiting.state !== 'late' && !this.#budget.fits(record.bytes))) return
    this.#notHeld.delete(record.offset)
    this.#hold(waiting, record)
    if (waiting.state !== 'late') return
    waiting.state = 'waiting'
    this.#late--
    this.#ready.push(waiting)
  }

  /** What is due and in memory, in the order in which it was due, at least one if there is any. No longer here then. */
  takeDue(nowMs: number, maxRecords: number, maxBytes: number): SourceRecord[] {
    this.#wakeUp(nowMs)
    const due: SourceRecord[] = []
    let bytes = 0
    for (const { record } of this.#ready) {
      if (record === undefined || due.length >= maxRecords) break
      if (bytes > 0 && bytes + record.bytes > maxBytes) break
      bytes += record.bytes
      due.push(record)
      this.#beyond.delete(record.offset)
    }
    this.#ready = this.#ready.slice(due.length)
    this.#giveBack(bytes)
    return due
  }

  /** The lowest offset at or above `from` that is due but has to be read again. */
  lowestLate(from: number): number | undefined {
    if (this.#late === 0) return undefined
    let lowest: number | undefined
    for (const { offset, state } of this.#notHeld.values())
      if (state === 'late' && offset >= from && offset < (lowest ?? Infinity)) lowest = offset
    return lowest
  }

  /** Offsets in the range whose records are not in memory. */
  notHeldIn(from: number, to: number): number[] {
    return [...this.#notHeld.keys()].filter((offset) => from <= offset && offset < to)
  }

  /** Kafka no longer has them, and they were not in memory. */
  forget(offsets: readonly number[]): void {
    for (const offset of offsets) {
      const waiting = this.#notHeld.get(offset)
      if (waiting === undefined) continue
      this.#notHeld.delete(offset)
      if (waiting.state === 'late') this.#late--
      waiting.state = 'gone'
    }
  }

  /** Nothing is asked of it any more. */
  release(): void {
    this.#giveBack(this.#bytes)
  }

  #wakeUp(nowMs: number): void {
    for (
      let first = this.#heap.first;
      first !== undefined && first.dueMs <= nowMs;
      first = this.#heap.first
    ) {
      this.#heap.pop()
      if (first.state === 'gone') continue
      if (first.record !== undefined) this.#ready.push(first)
      else {
        first.state = 'late'
        this.#late++
      }
    }
  }

  #hold(waiting: Waiting, record: SourceRecord): void {
    this.#budget.take(record.bytes)
    this.#bytes += record.bytes
    waiting.record = copyOf(record)
  }

  #giveBack(bytes: number): void {
    this.#budget.give(bytes)
    this.#bytes -= bytes
  }
}

/** Its bytes are slices of the answer that they came in, which is much larger and must not be kept alive. */
function copyOf(record: SourceRecord): SourceRecord {
  const parts = [record.key, record.value, ...record.headers.flat()]
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0))
  let at = 0
  const copy = <T extends Buffer | null>(part: T): T | Buffer => {
    if (part === null) return part
    const end = at + part.copy(bytes, at)
    const copied = bytes.subarray(at, end)
    at = end
    return copied
  }
  const headers = record.headers.map(([name, value]): Header => [copy(name), copy(value)])
  return { ...record, key: copy(record.key), value: copy(record.value), headers }
}
