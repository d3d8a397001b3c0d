import { Circuit, type Dependency } from '../../src/pipeline/circuit.ts'
import type { Failure } from '../../src/pipeline/failure.ts'
import { isolate } from '../../src/pipeline/isolate.ts'
import type { Ledger } from '../../src/pipeline/ledger.ts'
import type { PartitionEvents } from '../../src/pipeline/partition-events.ts'
import { PartitionWorker } from '../../src/pipeline/partition.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import type { RoleWork } from '../../src/pipeline/role-work.ts'
import type { Worker } from '../../src/pipeline/role.ts'
import { Actor, BLOCKED } from './actor.ts'
import type { SimulatedDatabase, SimulatedTransaction } from './simulated-database.ts'
import { simulatedLedger } from './simulated-ledger.ts'
import {
  brokerGone,
  simulatedLog,
  TOPIC,
  type InstanceLog,
  type ReaderPlace,
  type SimulatedKafka,
} from './simulated-kafka.ts'
import { expectNoFault, store, type Leaving, type Prepared, type Settled } from './simulated-orders.ts'
import type { SimulatedReader } from './simulated-reader.ts'
import type { SimulatedTime } from './simulated-time.ts'

/** What a worker is made of; a planted bug wraps one of them. */
export interface Parts {
  readonly log: InstanceLog
  readonly ledger: Ledger<SimulatedTransaction>
  /** Resolves when all of it is acknowledged. */
  readonly produce: (leaving: Leaving) => Promise<void>
}

/** What all instances share. */
export interface Around {
  readonly kafka: SimulatedKafka
  readonly database: SimulatedDatabase
  readonly time: SimulatedTime
}

export interface Surroundings extends Around {
  readonly plant: (parts: Parts, surroundings: Surroundings) => Parts
}

/** What a schedule needs to know of an instance, whatever its role. */
export interface Instance {
  readonly partition: number
  readonly actor: Actor
  readonly worker: Worker
  readonly reader: SimulatedReader | undefined
  /** As SIGKILL. With `commitWasSent` the server may still reach the end of the commit. */
  crash(commitWasSent: boolean): void
}

export type StartInstance = (around: Around, partition: number, instanceId: string) => Instance

/** Instances of the orders role, with a bug in them or none. */
export function ordersInstances(plant: Surroundings['plant'] = (parts) => parts): StartInstance {
  return (around, partition, instanceId) => new SimulatedInstance({ ...around, plant }, partition, instanceId)
}

/** As one instance sees its dependencies: a probe is one more thing that it waits for. */
export function simulatedCircuits({ database }: Around, actor: Actor): Record<Dependency, Circuit> {
  const circuit = (dependency: Dependency, probe: (outcome: number) => void): Circuit =>
    new Circuit({
      probe: () => actor.pause(`probe ${dependency}`, probe),
      random: () => 0,
      opened: () => {},
      closed: () => {},
    })
  return {
    database: circuit('database', (outcome) => database.check(undefined, outcome)),
    kafka: circuit('kafka', (outcome) => {
      if (outcome === 7) throw brokerGone()
    }),
  }
}

/** One instance's worker for one partition, with everything that it reaches. */
export class SimulatedInstance implements Instance {
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
        produce: (leaving) => this.#produce(leaving),
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
      circuits: simulatedCircuits(surroundings, actor),
      idleCheckMs: 5,
      random: () => 0,
    })
  }

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
  #produce({ dead, retries }: Leaving): Promise<void> {
    const { kafka } = this.#in
    return this.actor.pause('produce', (outcome) => {
      if (outcome !== 7) {
        for (const serial of dead) kafka.deadLetters.add(serial)
        for (const { serial } of retries) kafka.retried.add(serial)
        kafka.waiting.push(...retries.map((sent) => ({ ...sent, partition: this.partition })))
      }
      if (outcome >= 6) throw brokerGone()
    })
  }

  #work(produce: Parts['produce']): RoleWork<SimulatedTransaction, Prepared, Settled> {
    const { database } = this.#in
    const settle = async (
      transaction: SimulatedTransaction,
      items: readonly Prepared[],
      refused: ReadonlyMap<Prepared, Failure>,
    ): Promise<Settled> => {
      const settled = { counts: {}, durable: false, told: false }
      const { counts, leaving } = await this.actor.pause('store', (outcome) => {
        database.check(transaction, outcome)
        const uids = items.map(({ uid }) => `uid ${uid}`)
        if (!database.lock(transaction, uids)) return BLOCKED
        expectNoFault(items.filter((item) => !refused.has(item)))
        return store(database, transaction, items, refused, settled)
      })
      if (leaving.dead.length + leaving.retries.length > 0) await produce(leaving)
      return Object.assign(settled, { counts })
    }
    const canary = (): Promise<void> =>
      this.actor.pause('canary', (outcome) => database.check(undefined, outcome))
    return {
      prepare: ({ value, offset }: SourceRecord) => ({ ...JSON.parse(String(value)), offset }),
      settle: (transaction, items) => settle(transaction, items, new Map()),
      isolation: {
        canary,
        settle: async (transaction, items, _, cause) => {
          const attempt = (some: readonly Prepared[]): Promise<void> =>
            this.actor.pause('apart', (outcome) => {
              database.check(transaction, outcome)
              expectNoFault(some)
            })
          const orders = items.filter(({ content }) => content !== undefined)
          const refused = await isolate(orders, cause, { attempt, canary, random: () => 0 })
          return await settle(transaction, items, refused)
        },
      },
      committed: (settled) => {
        if (!settled.durable) database.violations.push('told of a commit that is not durable')
        if (settled.told) database.violations.push('told twice of one commit')
        settled.told = true
      },
    }
  }
}
