import { ByteBudget } from '../../src/pipeline/byte-budget.ts'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import type { OutgoingRecord, SourceRecord } from '../../src/pipeline/record.ts'
import type { Clock } from '../../src/pipeline/retry-due.ts'
import type { RetryLedger } from '../../src/pipeline/retry-ledger.ts'
import type { DueRecord } from '../../src/pipeline/retry-records.ts'
import { RetryPartition } from '../../src/pipeline/retry-partition.ts'
import { Actor } from './actor.ts'
import { header } from './made-up-records.ts'
import { rowName, type SimulatedTransaction } from './simulated-database.ts'
import { simulatedCircuits, type Around, type Instance, type StartInstance } from './simulated-instance.ts'
import { brokerGone, simulatedLog, type InstanceLog, type ReaderPlace, type Sent } from './simulated-kafka.ts'
import type { SimulatedReader } from './simulated-reader.ts'
import { isSettled, retriesOf, simulatedRetryLedger } from './simulated-retry-ledger.ts'

/** What a worker is made of; a planted bug wraps one of them. */
export interface RetryParts {
  readonly log: InstanceLog
  readonly ledger: RetryLedger
  readonly produce: (records: readonly OutgoingRecord[]) => Promise<readonly OutgoingRecord[]>
}

export type RetryPlant = (parts: RetryParts, around: Around) => RetryParts

const MAX_RETRIES = 3
const CAP_MS = 40
/** When simulated time begins, and a timestamp that never shortens a wait. */
const START_MS = 1_000_000
const FAR_MS = START_MS * 1_000

/** Instances of the retry role, with a bug in them or none. */
export function retryInstances(plant: RetryPlant = (parts) => parts): StartInstance {
  return (around, partition, instanceId) => new SimulatedRetryInstance(around, plant, partition, instanceId)
}

/** Each went back to where it failed, or to the dead letters. */
export function* checkRetries({ kafka }: Pick<Around, 'kafka'>): Generator<string> {
  for (const serial of kafka.acknowledged.keys()) {
    const sent = kafka.sentBack.has(serial) || kafka.deadLetters.has(serial)
    if (!sent && !kafka.exempt.has(serial)) yield `G1: record ${serial} is lost`
  }
}

/** One instance's worker for one partition of the retry topic, with everything that it reaches. */
export class SimulatedRetryInstance implements Instance {
  readonly partition: number
  readonly actor = new Actor()
  readonly worker: RetryPartition
  reader: SimulatedReader | undefined
  readonly #in: Around
  readonly #current: { transaction: SimulatedTransaction | undefined } = { transaction: undefined }
  #topicId = ''

  constructor(around: Around, plant: RetryPlant, partition: number, instanceId: string) {
    this.#in = around
    this.partition = partition
    const { kafka, time } = around
    const { actor } = this
    const log = simulatedLog(kafka, actor, time, (_, nextOffset) => this.#copyOffset(nextOffset))
    const ledger = simulatedRetryLedger(around, actor, instanceId, this.#current)
    const parts = plant({ log, ledger, produce: (records) => this.#produce(records) }, around)
    const open = (at: ReaderPlace): SimulatedReader => {
      this.#topicId = at.topicId
      this.reader = waitingReader(parts.log.open(at))
      return this.reader
    }
    this.worker = new RetryPartition({
      consumerGroup: 'group',
      topic: 'retry',
      partition,
      instanceId,
      log: { ...parts.log, open },
      ledger: parts.ledger,
      topics: { orders: 'orders', deadLetters: 'dead-letters' },
      maxRetries: MAX_RETRIES,
      capMs: CAP_MS,
      produce: parts.produce,
      limits: () => ({ maxRecords: 3, maxBytes: 1_000_000, lingerMs: 0 }),
      // Room for two of them, so that what waits is often read again.
      budget: new ByteBudget(2),
      maxWaiting: 5,
      clock: this.#clock(),
      circuits: simulatedCircuits(around, actor),
      events: {
        held: () => {},
        flowing: () => {},
        fenced: () => {},
        expired: () => {},
        settled: () => {},
      },
      onSettled: (records, key) => this.#settled(records, key),
      idleCheckMs: 5,
      random: () => 0,
    })
  }

  crash(commitWasSent: boolean): void {
    const commits = this.actor.waitsFor.includes('commit')
    this.actor.kill()
    const { transaction } = this.#current
    if (transaction === undefined || !transaction.alive) return
    if (commitWasSent && commits) this.#in.database.leaveUnderWay(transaction)
    else this.#in.database.rollback(transaction)
  }

  #settled(records: readonly DueRecord[], key: LedgerKey): void {
    const { kafka, database } = this.#in
    for (const { record, outgoing } of records) {
      const serial = serialOf(outgoing)
      if (!kafka.sentBack.has(serial) && !kafka.deadLetters.has(serial))
        database.violations.push(`told of record ${serial}, which was not sent`)
      // Of a log that was cut, what was settled is not known any more.
      const isCut = kafka.log(key.topicId, key.partition).cutFrom !== undefined
      if (!isCut && !database.everSettled.has(`${rowName(key)}-${record.offset}`))
        database.violations.push(`told of record ${serial}, which is not in the books`)
    }
  }

  #clock(): Clock {
    const { time } = this.#in
    return {
      wallMs: () => Date.now(),
      monotonicMs: () => Date.now(),
      sleep: (ms, signal) => {
        const pause = this.actor.open<void>('sleep', () => time.advance(ms))
        signal.addEventListener('abort', () => pause.end())
        return pause.promise
      },
    }
  }

  /** Whether the books say so, and no operator has moved them. */
  #isInTheBooks(serial: number): boolean {
    const { kafka, database } = this.#in
    const log = kafka.log(this.#topicId, this.partition)
    const row = database.tables.ledger.get(rowName({ topicId: this.#topicId, partition: this.partition }))
    if (row?.fingerprint === undefined || log.cutFrom !== undefined) return false
    return log.appended.entries().some(([offset, one]) => one === serial && isSettled(row, offset))
  }

  #copyOffset(nextOffset: number): void {
    const { kafka, database } = this.#in
    const durable = database.durable.get(`${this.#topicId}-${this.partition}`) ?? 0
    if (nextOffset > durable)
      database.violations.push(`G4: offset ${nextOffset} committed, ${durable} is durable`)
    if (kafka.topic !== undefined) kafka.copies.set(this.partition, nextOffset)
  }

  /** 6: appended, but the answer is lost. 7: not appended. */
  #produce(records: readonly OutgoingRecord[]): Promise<readonly OutgoingRecord[]> {
    const { kafka, database } = this.#in
    return this.actor.pause('produce', (outcome) => {
      for (const record of outcome === 7 ? [] : records) {
        const serial = serialOf(record)
        // Whoever lost its connection does not hold the row any more, and another one may have sent it meanwhile.
        if (this.#current.transaction?.alive !== false && this.#isInTheBooks(serial))
          database.violations.push(`record ${serial} was sent again, and it is in the books`)
        const topic = record.topic === 'orders' ? kafka.sentBack : kafka.deadLetters
        if ((topic === kafka.deadLetters) !== retriesOf(serial) >= MAX_RETRIES)
          database.violations.push(`record ${serial} went to ${record.topic}`)
        topic.add(serial)
      }
      if (outcome >= 6) throw brokerGone()
      return []
    })
  }
}

function serialOf({ value }: OutgoingRecord): number {
  return (JSON.parse(String(value)) as Sent).serial
}

/** Some are due at once, some soon, some later, and some say never; one in five had all its retries. */
function waitingReader(reader: SimulatedReader): SimulatedReader {
  const take = reader.take.bind(reader)
  reader.take = (maxRecords) => take(maxRecords).map(waiting)
  return reader
}

function waiting(record: SourceRecord): SourceRecord {
  const { serial } = JSON.parse(String(record.value)) as Sent
  const dues = [START_MS, START_MS + 3 * serial, START_MS + 9 * serial, FAR_MS]
  return {
    ...record,
    timestampMs: FAR_MS,
    headers: [
      header('retry', String(retriesOf(serial))),
      header('retry-not-before', String(dues[serial % dues.length])),
    ],
  }
}
