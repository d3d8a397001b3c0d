import { afterEverything, SimulatedTime } from './simulated-time.ts'
import { rowName, SimulatedDatabase, type Write } from './simulated-database.ts'
import { bookGoneTopics, rewind } from './simulated-ledger.ts'
import type { Around, Instance, StartInstance } from './simulated-instance.ts'
import { MAX_RETRIES } from './simulated-orders.ts'
import { PARTITIONS, SimulatedKafka } from './simulated-kafka.ts'

/** One thing that happens; what the numbers mean is up to its kind. Each can happen at any time. */
export interface Happening {
  readonly kind: HappeningKind
  readonly partition: number
  readonly a: number
  readonly b: number
}

export type HappeningKind = keyof typeof HAPPENINGS

/** Two partitions, each with the instance that has it now, and instances that do not know yet that they lost theirs. */
export class Simulation implements Disposable {
  readonly time = new SimulatedTime()
  readonly kafka = new SimulatedKafka()
  readonly database = new SimulatedDatabase((write) => this.#check(write))
  readonly surroundings: Around
  readonly owners: Instance[]
  zombies: Instance[] = []
  readonly #start: StartInstance
  #instances = 0

  constructor(start: StartInstance) {
    const { kafka, database, time } = this
    this.surroundings = { kafka, database, time }
    this.#start = start
    this.owners = Array.from({ length: PARTITIONS }, (_, partition) => this.start(partition))
  }

  [Symbol.dispose](): void {
    this.time[Symbol.dispose]()
  }

  start(partition: number): Instance {
    return this.#start(this.surroundings, partition, `instance-${this.#instances++}`)
  }

  async happen(happening: Happening): Promise<void> {
    const { partition } = happening
    const owner = this.owners[partition]
    if (owner === undefined) return
    await HAPPENINGS[happening.kind](this, owner, happening)
    await afterEverything()
  }

  /** Gives the partition to a new instance; what becomes of the old one is up to the caller. */
  replace(owner: Instance): void {
    this.owners[owner.partition] = this.start(owner.partition)
  }

  /** What an operator does about `log_diverged`; false when there is nothing to do. */
  rewindWhatDiverged(): boolean {
    const { kafka, database } = this
    if (kafka.topic === undefined || !database.up) return false
    let some = false
    for (const { partition, worker } of this.owners) {
      const key = { topicId: kafka.topic.id, partition }
      if (worker.status.reason !== 'log_diverged' || database.isLocked(rowName(key))) continue
      rewind(database.tables, key, kafka.log(key.topicId, partition).start)
      some = true
    }
    return some
  }

  /** What a step must not book, however its offsets went. */
  #check({ key, step, records }: Write): void {
    const log = this.kafka.log(key.topicId, key.partition)
    if (log.cutFrom !== undefined) return
    const gone = key.topicId !== this.kafka.topic?.id
    let neverRecords = 0
    let deleted = 0
    for (let offset = step.from; offset < step.to; offset++) {
      if (records.some((record) => record.offset === offset)) continue
      if (log.markers.has(offset)) neverRecords++
      if (gone || offset < log.start) deleted++
    }
    const where = `${key.topicId}-${key.partition} from ${step.from} to ${step.to}`
    for (const { offset, serial } of records)
      if (log.appended.get(offset) !== serial)
        this.database.violations.push(`record ${serial} is not of ${where}`)
    const { absent = 0, expired = 0 } = step.counts
    if (absent > neverRecords)
      this.database.violations.push(`${absent} absent, ${neverRecords} never held a record: ${where}`)
    if (expired > deleted)
      this.database.violations.push(`${expired} expired, ${deleted} were deleted: ${where}`)
  }
}

type Happen = (world: Simulation, owner: Instance, happening: Happening) => unknown

const HAPPENINGS = {
  produce: ({ kafka }, { partition }, { a, b }) =>
    kafka.produce(partition, 'abc'.charAt(a % 3), b === 7 ? undefined : b === 6 ? 2 : 1, {
      refused: b === 5,
      fails: b === 4 ? 1 + (a % (MAX_RETRIES + 2)) : 0,
    }),
  forward: ({ kafka }) => kafka.forward(),
  step: (_, { actor }, { a, b }) => actor.step(a, b),
  run: async (_, { actor }, { a, b }) => {
    for (let left = 1 + a; left > 0; left--) {
      actor.step(left * b, 0)
      await afterEverything()
    }
  },
  fetch: (_, { reader }, { b }) => reader?.fetch(b),
  zombie: ({ zombies }, _, { a, b }) =>
    zombies[a % Math.max(1, zombies.length)]?.actor.step(b, a === 0 ? b : 0),
  finish: ({ database }, _, { a }) => database.finishOne(a % 2 === 0),
  operator: (world) => world.rewindWhatDiverged(),
  bookGone: ({ database, kafka }) => {
    if (database.up && kafka.topic !== undefined) bookGoneTopics(database, kafka.topic.id)
  },
  resume: (_, { worker }) => worker.resume(),
  /** The group takes the partition away, and the instance hears of it. */
  move: (world, owner) => {
    void owner.worker.stop()
    world.zombies.push(owner)
    world.replace(owner)
  },
  /** The instance does not hear of it: it was stopped with SIGSTOP, or cut off. */
  freeze: (world, owner) => {
    world.zombies.push(owner)
    world.replace(owner)
  },
  crash: (world, owner, { a }) => {
    owner.crash(a % 2 === 0)
    world.replace(owner)
  },
  copy: ({ database }) => database.copy(),
  restore: (world, _, { a, b }) => {
    world.database.restore(a)
    if (b % 2 === 0) return
    for (const instance of [...world.owners, ...world.zombies]) instance.crash(false)
    world.zombies = []
    for (const owner of world.owners) world.replace(owner)
  },
  down: ({ database }) => {
    database.up = false
    database.disconnect()
  },
  up: ({ database }) => {
    database.up = true
  },
  expire: ({ kafka }, { partition }, { a }) => kafka.expire(partition, 1 + (a % 4)),
  elect: ({ kafka }, { partition }) => kafka.elect(partition, 0),
  cut: ({ kafka }, { partition }, { a }) => kafka.elect(partition, 1 + (a % 3)),
  mark: ({ kafka }, { partition }) => kafka.mark(partition),
  delete: ({ kafka }) => kafka.delete(),
  create: ({ kafka }) => {
    if (kafka.topic === undefined) kafka.create()
  },
  recreate: ({ kafka }) => {
    kafka.delete()
    kafka.create()
  },
  /** Somebody moves the group's offsets in Kafka. */
  reset: ({ kafka }, { partition }, { a }) =>
    kafka.copies.set(partition, a % 2 === 0 ? 0 : (kafka.topic?.logs[partition]?.end ?? 0)),
} satisfies Record<string, Happen>
