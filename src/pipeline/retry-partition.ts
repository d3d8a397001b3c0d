import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import { parseHeaders } from './headers.ts'
import { Holding } from './holding.ts'
import type { PartitionReader } from './log.ts'
import { initialStatus, type PartitionStatus } from './partition-events.ts'
import type { SourceRecord } from './record.ts'
import { waitMs } from './retry-due.ts'
import type { RetryStep } from './retry-ledger.ts'
import type { RetryPartitionOptions } from './retry-options.ts'
import {
  goWhereRecordsAreMissing,
  isLogStillThere,
  isReading,
  readWhatCame,
  type RetryReading,
} from './retry-reading.ts'
import { sendDue, type DueRecord } from './retry-records.ts'
import { booksAhead, openRetrySession, settleRecord, standsAs, type RetrySession } from './retry-session.ts'
import { WaitingRecords, type WaitingFigures } from './waiting-records.ts'

/** A step of the books without an answer; the next look at the ledger tells whether it took effect. */
interface Attempt {
  readonly topicId: string
  readonly to: number
  readonly version: number
  readonly applied: () => void
}

/** Sent, and not known to be in the books: after an outage of the database they must not be sent again. */
interface Unbooked {
  readonly topicId: string
  readonly leaderEpoch: number
  records: DueRecord[]
}

/** Writing a row takes some 20 µs for each range ahead, so with many of them more is sent at a time, and less often. */
const PAUSE_PER_RANGE_MS = 0.02

/**
 * Takes one partition of the retry topic through its life on this instance: what is due goes back to `orders`
 * or to the dead letters, in the order in which it is due, and the books remember it however far ahead of
 * the oldest that waits. On anything unexpected, everything in memory is dropped and the ledger read again.
 */
export class RetryPartition {
  readonly status: PartitionStatus
  readonly #options: RetryPartitionOptions
  readonly #holding: Holding
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #resumed = new AbortController()
  #reader: PartitionReader | undefined
  #waiting: WaitingRecords | undefined
  #attempt: Attempt | undefined
  #unbooked: Unbooked = { topicId: '', leaderEpoch: 0, records: [] }

  constructor(options: RetryPartitionOptions) {
    this.#options = options
    this.status = initialStatus(options.partition)
    this.#holding = new Holding(options, this.status, this.#abort.signal)
    this.#done = this.#run()
  }

  get waiting(): WaitingFigures {
    return this.#waiting?.figures ?? { records: 0, bytes: 0, notHeld: 0 }
  }

  /** The group assigned anew: another instance may have moved the ledger meanwhile. */
  resume(): void {
    this.#resumed.abort()
    this.#reader?.close()
  }

  /** Resolves when what was being sent is in the books; nothing else is begun. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.resume()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    const { budget, maxWaiting, random } = this.#options
    let fruitless = 0
    while (!signal.aborted) {
      let pauseMs = 0
      const waiting = new WaitingRecords(budget, maxWaiting)
      this.#waiting = waiting
      this.#resumed = new AbortController()
      try {
        const session = await this.#open()
        const before = session?.version
        if (session !== undefined) await this.#flow(session, waiting)
        fruitless = session?.version === before ? fruitless + 1 : 0
        pauseMs = fruitless === 0 ? 0 : backoffMs(fruitless, 20, 2_000, random)
      } catch (error) {
        pauseMs = await this.#holding.after(error)
      } finally {
        this.#reader?.close()
        waiting.release()
        this.#waiting = undefined
      }
      if (!signal.aborted) await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  async #open(): Promise<RetrySession | undefined> {
    const { log, ledger, consumerGroup, topic, partition, instanceId, idleCheckMs } = this.#options
    const at = { consumerGroup, topic, partition }
    const opening = await openRetrySession(log, ledger, at, (reader) => this.#opened(reader), idleCheckMs)
    if (opening === undefined) return undefined
    const { session, row } = opening
    const attempt = this.#attempt
    this.#attempt = undefined
    const took = attempt?.version === row.version && attempt.to === row.nextOffset
    if (took && row.writtenBy === instanceId && attempt.topicId === session.key.topicId) attempt.applied()
    this.#adoptUnbooked(session)
    this.#holding.show(session, session.logEnd, session.nextOffset >= session.logEnd)
    return session
  }

  #opened(reader: PartitionReader): void {
    this.#reader = reader
    if (this.#resumed.signal.aborted) reader.close()
  }

  /** What was sent before the ledger was read again is settled all the same, unless the log is another one. */
  #adoptUnbooked(session: RetrySession): void {
    const { topicId } = session.key
    const { leaderEpoch } = session
    const known = this.#unbooked.topicId === topicId && this.#unbooked.leaderEpoch === leaderEpoch
    const records = known ? this.#unbooked.records.filter((sent) => settleRecord(session, sent)) : []
    this.#unbooked = { topicId, leaderEpoch, records }
  }

  async #flow(session: RetrySession, waiting: WaitingRecords): Promise<void> {
    const { clock, limits, idleCheckMs } = this.#options
    const reading = this.#reading(waiting)
    let lookAtMs = clock.monotonicMs() + idleCheckMs
    let sendAtMs = 0
    if (this.#unbooked.records.length > 0 && !(await this.#settle(session, []))) return
    for (;;) {
      if (!(await readWhatCame(session, reading, limits())) || this.#resumed.signal.aborted) return
      const nowMs = clock.monotonicMs()
      const { maxRecords, maxBytes } = this.#holding.limited(limits())
      const due = nowMs < sendAtMs ? [] : waiting.takeDue(nowMs, maxRecords, maxBytes)
      if (due.length > 0) {
        if (!(await this.#settle(session, due))) return
        sendAtMs = clock.monotonicMs() + session.settled.stretches * PAUSE_PER_RANGE_MS
      } else if (nowMs >= lookAtMs) {
        if (!(await this.#stillThere(session, waiting))) return
        lookAtMs = clock.monotonicMs() + idleCheckMs
      } else {
        goWhereRecordsAreMissing(session, reading)
        const dueMs = Math.max(waiting.nextDueMs ?? lookAtMs, sendAtMs)
        const timeoutMs = Math.max(1, Math.min(dueMs, lookAtMs) - nowMs)
        if (isReading(session, reading)) await session.reader.readable(timeoutMs)
        else await clock.sleep(timeoutMs, this.#resumed.signal)
      }
    }
  }

  #reading(waiting: WaitingRecords): RetryReading {
    const { log, clock, capMs } = this.#options
    const dueMs = ({ headers, timestampMs }: SourceRecord): number => {
      const { notBeforeMs } = parseHeaders(headers)
      return clock.monotonicMs() + waitMs(notBeforeMs, timestampMs, clock.wallMs(), capMs)
    }
    return { log, waiting, dueMs, nowMs: () => clock.monotonicMs(), opened: (reader) => this.#opened(reader) }
  }

  /** Sends what is due and books it, as one: nobody else can send or book for this partition meanwhile. */
  async #settle(session: RetrySession, due: readonly SourceRecord[]): Promise<boolean> {
    const { log, ledger, events, clock, partition, topic, instanceId } = this.#options
    const { key, nextOffset, version, writtenBy, settled } = session
    const startedAtMs = clock.monotonicMs()
    let attempt: Attempt | undefined
    const outcome = await ledger.settle(key, { nextOffset, version, writtenBy }, async () => {
      const sent = due.length === 0 ? [] : await sendDue(this.#options, key.topicId, due)
      for (const one of sent) settleRecord(session, one)
      this.#unbooked.records.push(...sent)
      const step = this.#step(session)
      attempt = {
        topicId: key.topicId,
        to: step.to,
        version: version + 1,
        applied: this.#telling(session, startedAtMs),
      }
      this.#attempt = attempt
      return step
    })
    this.#attempt = undefined
    if (outcome === 'fenced' || attempt === undefined) {
      events.fenced(key, { from: nextOffset, to: session.readTo })
      return false
    }
    const { to, applied } = attempt
    this.#holding.settled(due.length, clock.monotonicMs() - startedAtMs)
    session.version++
    session.writtenBy = instanceId
    session.nextOffset = to
    // What was adopted from an earlier session is settled before it is read.
    session.readTo = Math.max(session.readTo, to)
    session.unbooked = {}
    settled.dropBelow(to)
    this.#holding.show(session, Math.max(to, session.reader.logEnd), true)
    if (to > nextOffset) log.commitCopy(topic, partition, to, session.leaderEpoch)
    applied()
    return true
  }

  #step(session: RetrySession): RetryStep {
    const { to, counts } = session.settled.contiguous(session.nextOffset)
    const exhausted = this.#unbooked.records.filter(({ as }) => as === 'dead_lettered')
    return {
      to,
      counts,
      ...booksAhead(session, to),
      logEnd: Math.max(session.logEnd, session.readTo, session.reader.logEnd),
      exhausted: exhausted.map(({ source }) => source),
    }
  }

  /** What is to be told of a step once it is known to be durable, which may be not before the next session. */
  #telling({ key, unbooked }: RetrySession, startedAtMs: number): () => void {
    const { events, onSettled, clock } = this.#options
    const { records } = this.#unbooked
    const counts = { ...unbooked }
    return () => {
      this.#unbooked.records = []
      events.settled(key, counts, records.length, clock.monotonicMs() - startedAtMs)
      if (counts.expired !== undefined && counts.expired > 0) events.expired(key, counts.expired)
      onSettled(records, key)
    }
  }

  /**
   * Between two sends, the row is compared with what is in memory: another version means that the database is
   * an older one, or that somebody else writes. Offsets without a record are booked here when none follows.
   */
  async #stillThere(session: RetrySession, waiting: WaitingRecords): Promise<boolean> {
    const { log, ledger } = this.#options
    if (!standsAs(session, await ledger.read(session.key))) return false
    if (!(await isLogStillThere(log, session))) return false
    if (session.settled.contiguous(session.nextOffset).to > session.nextOffset)
      return this.#settle(session, [])
    this.#holding.show(session, session.reader.logEnd, waiting.lowestLate(0) === undefined)
    return true
  }
}
