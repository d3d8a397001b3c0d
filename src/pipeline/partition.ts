import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import { fillBatch, type Batch } from './batch.ts'
import { Holding } from './holding.ts'
import { settleOrIsolate } from './isolate.ts'
import { accountGap, NO_RECORD, timestampOf, type Counts, type Fingerprint } from './ledger.ts'
import type { PartitionReader } from './log.ts'
import { initialStatus, type PartitionStatus } from './partition-events.ts'
import type { PartitionOptions } from './partition-options.ts'
import { ended, openSession, rangeOf, type Session } from './session.ts'

/** A transaction whose COMMIT got no answer; the next look at the ledger tells whether it took effect. */
interface Attempt {
  readonly to: number
  readonly version: number
  readonly applied: () => void
}

/** The one batch that is being written. */
interface Writer {
  busy: Promise<unknown> | undefined
  outcome: 'none' | 'committed' | 'fenced' | 'failed'
  error: unknown
}

/**
 * Takes one partition through its life on this instance: read the ledger, read on from there, settle
 * batch after batch; on anything unexpected drop everything in memory and read the ledger again.
 */
export class PartitionWorker<Transaction, Prepared, Settled extends { readonly counts: Counts }> {
  readonly status: PartitionStatus
  readonly #options: PartitionOptions<Transaction, Prepared, Settled>
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #reader: PartitionReader | undefined
  #attempt: Attempt | undefined
  readonly #holding: Holding

  constructor(options: PartitionOptions<Transaction, Prepared, Settled>) {
    this.#options = options
    this.status = initialStatus(options.partition)
    this.#holding = new Holding(options, this.status, this.#abort.signal)
    this.#done = this.#run()
  }

  /** The group assigned anew: another instance may have moved the ledger meanwhile. */
  resume(): void {
    this.#reader?.close()
  }

  /** Resolves when the batch that was being written has ended; nothing else is begun. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.#reader?.close()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    let fruitless = 0
    while (!signal.aborted) {
      let pauseMs = 0
      try {
        const session = await this.#open()
        await this.#flow(session).finally(() => session.reader.close())
        fruitless = session.progressed ? 0 : fruitless + 1
        pauseMs = fruitless === 0 ? 0 : backoffMs(fruitless, 20, 2_000, this.#options.random)
      } catch (error) {
        pauseMs = await this.#holding.after(error)
      }
      if (!signal.aborted) await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }

  async #open(): Promise<Session> {
    const { log, ledger, consumerGroup, topic, partition, instanceId } = this.#options
    const { session, row, range } = await openSession(log, ledger, { consumerGroup, topic, partition })
    this.#reader = session.reader
    if (this.#abort.signal.aborted) session.reader.close()
    this.status.settledTimestampMs = timestampOf(row.fingerprint)
    const attempt = this.#attempt
    this.#attempt = undefined
    if (attempt?.to === row.nextOffset && attempt.version === row.version && row.writtenBy === instanceId)
      attempt.applied()
    // With nothing left to read or to compare, both answers are proof enough; else a batch has to go through.
    this.#show(session, range.end, row.nextOffset >= range.end && session.position.unverified === undefined)
    return session
  }

  /** Settles batches until the ledger has to be read again; one is filled while the one before is written. */
  async #flow(session: Session): Promise<void> {
    const { limits, work, idleCheckMs } = this.#options
    const writer: Writer = { busy: undefined, outcome: 'none', error: undefined }
    for (;;) {
      const filled = await fillBatch(
        session.reader,
        session.position,
        this.#holding.limited(limits()),
        (record) => work.prepare(record),
        writer,
        idleCheckMs,
      )
      await writer.busy
      if (writer.outcome === 'failed') throw writer.error
      if (writer.outcome === 'fenced') return
      if (filled.type === 'batch' && !this.#abort.signal.aborted) this.#write(session, filled.batch, writer)
      else if (filled.type !== 'idle' || !(await this.#stillThere(session))) return ended(filled, session)
    }
  }

  #write(session: Session, batch: Batch<Prepared>, writer: Writer): void {
    const settling = this.#settle(session, batch).then(
      (outcome) => {
        writer.outcome = outcome
      },
      (error: unknown) => {
        writer.outcome = 'failed'
        writer.error = error
      },
    )
    writer.busy = settling.finally(() => {
      writer.busy = undefined
    })
  }

  async #settle(session: Session, batch: Batch<Prepared>): Promise<'committed' | 'fenced'> {
    const { log, work, events } = this.#options
    const { key } = session
    const range = batch.first > batch.from ? await rangeOf(log, key) : undefined
    if (batch.first > batch.from && range === undefined) return 'fenced'
    const gap = accountGap(batch.from, batch.first, range?.start ?? 0)
    const offsets = { expired: gap.expired, absent: gap.absent + batch.to - batch.first - batch.items.length }
    let settled: Settled | undefined
    const applied = (): void => {
      if (settled === undefined) return
      events.settled(
        key,
        { ...settled.counts, ...offsets },
        batch.items.length,
        Date.now() - batch.firstTakenAtMs,
      )
      if (gap.expired > 0) events.expired(key, gap.expired)
      work.committed(settled, batch.items, key)
    }
    const startedAtMs = performance.now()
    const outcome = await settleOrIsolate(work, (settle) =>
      this.#book(session, batch, applied, async (transaction) => {
        settled = await settle(transaction, batch.items, key)
        return { ...settled.counts, ...offsets }
      }),
    )
    if (outcome === 'fenced') events.fenced(key, batch)
    else {
      this.status.settledTimestampMs = batch.fingerprint.timestampMs
      this.#holding.settled(batch.items.length, performance.now() - startedAtMs)
    }
    return outcome
  }

  /**
   * An idle partition never fails a fence, so it looks: a row that is lower or missing means that the
   * database is an older one. Offsets without a record are booked here when no record follows them.
   */
  async #stillThere(session: Session): Promise<boolean> {
    const { log, ledger, events } = this.#options
    const { key, reader, settledTo } = session
    const row = await ledger.read(key)
    if (row === undefined || row.nextOffset !== settledTo) return false
    const range = await rangeOf(log, key)
    if (range === undefined || range.end < settledTo || range.leaderEpoch > session.position.leaderEpoch)
      return false
    // A reader that was closed meanwhile dropped records, and its position lies behind them.
    if (reader.ended !== undefined) return false
    const to = reader.nextRecord
    if (to <= settledTo) {
      // Below it, the record that is to be compared has not come yet. While others wait to be written, that
      // they were read proves nothing: they may be what can't be written.
      this.#show(session, reader.logEnd, to === settledTo && reader.logEnd <= settledTo)
      return true
    }
    const gap = accountGap(settledTo, to, range.start)
    const applied = (): void => {
      events.settled(key, gap, 0, 0)
      if (gap.expired > 0) events.expired(key, gap.expired)
    }
    const step = { from: settledTo, to, fingerprint: NO_RECORD }
    if ((await this.#book(session, step, applied, async () => gap)) === 'fenced') return false
    session.position.next = to
    session.position.unverified = undefined
    return true
  }

  /** `applied` runs once the step is known to be durable, which may be not before the ledger is read again. */
  async #book(
    session: Session,
    { from, to, fingerprint }: { from: number; to: number; fingerprint: Fingerprint },
    applied: () => void,
    dispose: (transaction: Transaction) => Promise<Counts>,
  ): Promise<'committed' | 'fenced'> {
    const { log, ledger, partition, topic } = this.#options
    this.#attempt = { to, version: session.version + 1, applied }
    const outcome = await ledger.settle(session.key, from, async (transaction) => {
      const counts = await dispose(transaction)
      return { from, to, counts, fingerprint, logEnd: Math.max(to, session.reader.logEnd) }
    })
    this.#attempt = undefined
    if (outcome === 'fenced') return outcome
    this.#advance(session, to)
    log.commitCopy(topic, partition, to, fingerprint.leaderEpoch)
    applied()
    return outcome
  }

  #advance(session: Session, to: number): void {
    session.settledTo = to
    session.version++
    session.progressed = true
    this.#show(session, Math.max(to, session.reader.logEnd), true)
  }

  #show({ key, settledTo: nextOffset }: Session, logEnd: number, proven: boolean): void {
    this.#holding.show({ key, nextOffset }, logEnd, proven)
  }
}
