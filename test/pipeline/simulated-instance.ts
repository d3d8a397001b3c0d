import type { Counts, Ledger } from '../../src/pipeline/ledger.ts'
import type { PartitionEvents } from '../../src/pipeline/partition-events.ts'
import { PartitionWorker } from '../../src/pipeline/partition.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { RoleWork } from '../../src/pipeline/role-work.ts'
import { Actor, BLOCKED } from './actor.ts'
import type { SimulatedDatabase, SimulatedTransaction } from './simulated-database.ts'
import { simulatedLedger } from './simulated-ledger.ts'
import {
  brokerGone,
  simulatedLog,
  TOPIC,
  type InstanceLog,
  type ReaderPlace,
  type Sent,
  type SimulatedKafka,
  type SimulatedReader,
} from './simulated-kafka.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface Prepared extends Sent {
  readonly offset: number
}

export interface Settled {
  readonly counts: Counts
  durable: boolean
  told: boolean
}

/** What a worker is made of; a planted bug wraps one of them. */
export interface Parts {
  readonly log: InstanceLog
  readonly ledger: Ledger<SimulatedTransaction>
  /** Of the serials of records; resolves when they are acknowledged. */
  readonly produce: (serials: readonly number[]) => Promise<void>
}

export interface Surroundings {
  readonly kafka: SimulatedKafka
  readonly database: SimulatedDatabase
  readonly time: SimulatedTime
  readonly plant: (parts: Parts, surroundings: Surroundings) => Parts
}

/** One instance's worker for one partition, with everything that it reaches. */
export class SimulatedInstance {
  readonly partition: number
  readonly actor = new Actor()
  readonly worker: PartitionWorker<SimulatedTransaction, Prepared, Settled>
  reader: SimulatedReader | undefined
  /** What it told the outside. */
  readonly told: string[] = []
  readonly #in: Surroundings
  readonly #transaction: { transaction: SimulatedTransaction | undefined } = { transaction: undefined }
  #topicId = ''

  constructor(surroundings: Surroundings, partition: number, instanceId: string) {
    this.#in = surroundings
    this.partition = partition
    const { kafka, database, time, plant } = surroundings
    const { actor } = this
    const log = simulatedLog(kafka, actor, time, (_, nextOffset) => this.#copyOffset(nextOffset))
    const parts = plant(
      {
        log,
        ledger: simulatedLedger(database, actor, instanceId, this.#transaction),
        produce: (serials) => this.#produce(serials),
      },
      surroundings,
    )
    const open = (at: ReaderPlace): SimulatedReader => {
      this.#topicId = at.topicId
      const reader = parts.log.open(at)
      this.reader = reader
      return reader
    }
    this.worker = new PartitionWorker({
      consumerGroup: 'group',
      topic: TOPIC,
      partition,
      instanceId,
      log: { ...parts.log, open },
      ledger: parts.ledger,
      work: this.#work(parts.produce),
      limits: () => ({ maxRecords: 3, maxBytes: 1_000_000, lingerMs: 0 }),
      events: this.#events(),
      idleCheckMs: 5,
      random: () => 0,
    })
  }

  /** As SIGKILL. With `commitWasSent` the server may still reach the end of the commit. */
  crash(commitWasSent: boolean): void {
    this.actor.kill()
    const { transaction } = this.#transaction
    if (transaction === undefined || !transaction.alive) return
    if (commitWasSent && transaction.changes.length > 1) this.#in.database.leaveUnderWay(transaction)
    else this.#in.database.rollback(transaction)
  }

  #events(): PartitionEvents {
    const tell = (what: string): void => void this.told.push(what)
    return {
      held: (_, reason) => tell(`held: ${reason}`),
      flowing: (_, nextOffset) => tell(`flowing from ${nextOffset}`),
      fenced: (_, { from, to }) => tell(`fenced: ${from} to ${to}`),
      expired: (_, count) => tell(`expired: ${count}`),
      settled: (_, counts, records) => tell(`settled: ${records} ${JSON.stringify(counts)}`),
    }
  }

  #copyOffset(nextOffset: number): void {
    const { kafka, database } = this.#in
    const durable = database.durable.get(`${this.#topicId}-${this.partition}`) ?? 0
    if (nextOffset > durable)
      database.violations.push(`G4: offset ${nextOffset} committed, but only ${durable} is durable`)
    if (kafka.topic !== undefined) kafka.copies.set(this.partition, nextOffset)
  }

  /** 6: appended, but the answer is lost. 7: not appended. */
  #produce(serials: readonly number[]): Promise<void> {
    return this.actor.pause('produce', (outcome) => {
      if (outcome !== 7) for (const serial of serials) this.#in.kafka.deadLetters.add(serial)
      if (outcome >= 6) throw brokerGone()
    })
  }

  #work(produce: Parts['produce']): RoleWork<SimulatedTransaction, Prepared, Settled> {
    const { database } = this.#in
    return {
      prepare: ({ value, offset }: SourceRecord) => ({ ...JSON.parse(String(value)), offset }),
      settle: async (transaction, items) => {
        const settled = { counts: {}, durable: false, told: false }
        const { counts, dead } = await this.actor.pause('store', (outcome) => {
          database.check(transaction, outcome)
          const uids = items.map(({ uid }) => `uid ${uid}`)
          return database.lock(transaction, uids) ? store(database, transaction, items, settled) : BLOCKED
        })
        if (dead.length > 0) await produce(dead)
        return Object.assign(settled, { counts })
      },
      committed: (settled) => {
        if (!settled.durable) database.violations.push('told of a commit that is not durable')
        if (settled.told) database.violations.push('told twice of one commit')
        settled.told = true
      },
    }
  }
}

/** The orders role in small: the first content of a uid is stored, another one is a dead letter. */
function store(
  database: SimulatedDatabase,
  transaction: SimulatedTransaction,
  items: readonly Prepared[],
  settled: Settled,
): { counts: Counts; dead: number[] } {
  const added = new Map<string, number>()
  const dead: number[] = []
  let duplicates = 0
  for (const { serial, uid, content } of items) {
    const known = added.get(uid) ?? database.tables.orders.get(uid)
    if (content === undefined || (known !== undefined && known !== content)) dead.push(serial)
    else if (known === undefined) added.set(uid, content)
    else duplicates++
  }
  transaction.records.push(...items)
  transaction.changes.push(({ orders }) => {
    settled.durable = true
    for (const [uid, content] of added) {
      const stored = orders.get(uid)
      if (stored !== undefined) database.violations.push(`${uid} was stored already`)
      orders.set(uid, content)
    }
  })
  return { counts: { stored: added.size, duplicates, dead_lettered: dead.length }, dead }
}
