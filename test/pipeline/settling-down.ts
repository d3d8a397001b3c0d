import { afterEverything } from './simulated-time.ts'
import { rowName, type StoredRow } from './simulated-database.ts'
import { bookGoneTopics } from './simulated-ledger.ts'
import { MAX_RETRIES } from './simulated-orders.ts'
import type { Simulation } from './simulation.ts'

const MAX_ROUNDS = 5_000
/** Enough for every instance to compare its row with where it stands at least twice. */
const QUIET_ROUNDS = 40
const STOP_ROUNDS = 200

/** Ends all faults and waits until nothing changes any more. Returns what is wrong then. */
export async function settleDown(
  world: Simulation,
  checkRecords: CheckRecords = checkOrders,
): Promise<string[]> {
  const { database, kafka } = world
  database.up = true
  if (kafka.topic === undefined) kafka.create()
  for (let pending = true; pending; pending = database.finishOne(false));
  for (const { worker } of world.zombies) void worker.stop()
  if (!(await becomesQuiet(world))) return ['never quiet', ...database.violations]
  const held = world.owners.filter(({ worker }) => worker.status.state !== 'flowing')
  if (held.length > 0)
    return held.map(({ worker }) => `held: ${worker.status.reason} ${worker.status.detail}`)
  if (kafka.topic !== undefined) bookGoneTopics(database, kafka.topic.id)
  const problems = [...database.violations, ...checkEverything(world, checkRecords)]
  if (!(await stops(world))) problems.push('an instance does not stop')
  return problems
}

async function becomesQuiet(world: Simulation): Promise<boolean> {
  let before = ''
  let quiet = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    while (world.kafka.forward());
    await stepAll(world, round)
    const now = fingerprint(world)
    quiet = now === before ? quiet + 1 : 0
    before = now
    if (quiet > QUIET_ROUNDS) {
      if (!world.rewindWhatDiverged()) return true
      quiet = 0
    }
  }
  return false
}

async function stepAll(world: Simulation, round: number): Promise<void> {
  for (const { actor } of [...world.owners, ...world.zombies]) actor.step(round, 0)
  await afterEverything()
}

function fingerprint({ database, kafka, owners }: Simulation): string {
  const rows = [...database.tables.ledger].map(([name, row]) => [name, row.nextOffset, row.version])
  const states = owners.map(({ worker }) => worker.status.state)
  return JSON.stringify([
    rows,
    states,
    database.tables.orders.size,
    kafka.deadLetters.size,
    kafka.sentBack.size,
  ])
}

async function stops(world: Simulation): Promise<boolean> {
  let stopped = 0
  const instances = [...world.owners, ...world.zombies]
  for (const { worker } of instances) void worker.stop().then(() => stopped++)
  for (let round = 0; round < STOP_ROUNDS && stopped < instances.length; round++) await stepAll(world, round)
  return stopped === instances.length
}

function checkEverything(world: Simulation, checkRecords: CheckRecords): string[] {
  return [...checkLag(world), ...checkBooks(world), ...checkRecords(world), ...checkGoneTopics(world)]
}

function* checkLag({ kafka, database }: Simulation): Generator<string> {
  const { topic } = kafka
  if (topic === undefined) return
  for (const [partition, log] of topic.logs.entries()) {
    const next = database.tables.ledger.get(rowName({ topicId: topic.id, partition }))?.nextOffset ?? 0
    if (next < log.start) yield `${partition}: expired records are not counted`
    if (log.slots.slice(next).some((slot) => slot !== undefined)) yield `${partition}: unread records`
  }
}

function* checkBooks({ database }: Simulation): Generator<string> {
  const { ledger, orders } = database.tables
  let stored = 0
  for (const [name, row] of ledger) {
    stored += row.counts.stored ?? 0
    if (row.nextOffset - row.origin !== accounted(row)) yield `books of ${name}: ${JSON.stringify(row)}`
  }
  if (stored !== orders.size) yield `${stored} stored by the books, ${orders.size} orders`
}

function accounted({ counts }: StoredRow): number {
  const { rewound = 0, ...rest } = counts
  return Object.values(rest).reduce((sum, count) => sum + count, -rewound)
}

/** What is wrong with where the records went, once everything is quiet. */
export type CheckRecords = (world: Pick<Simulation, 'kafka' | 'database'>) => Iterable<string>

const checkOrders: CheckRecords = function* ({ kafka, database }) {
  const contents = new Map<string, Set<number | undefined>>()
  for (const { uid, content } of kafka.acknowledged.values())
    contents.set(uid, (contents.get(uid) ?? new Set()).add(content))
  for (const [serial, { uid, content, fails, refused, retry }] of kafka.acknowledged) {
    const stored = content !== undefined && database.tables.orders.get(uid) === content
    const dead = kafka.deadLetters.has(serial)
    const retried = kafka.retried.has(serial)
    if (!stored && !dead && !retried && !kafka.exempt.has(serial)) yield `G1: record ${serial} is lost`
    if (retried && (fails <= retry || retry >= MAX_RETRIES || refused || content === undefined))
      yield `record ${serial} was sent to retry without a reason`
    const faultless = content !== undefined && !refused && (fails <= retry || retry < MAX_RETRIES)
    if (dead && faultless && contents.get(uid)?.size === 1) yield `G6: record ${serial} was given up`
  }
}

/** Nobody reads a topic id that is gone: what was seen of it and never read is lost, and the books say so. */
function* checkGoneTopics({ kafka, database }: Simulation): Generator<string> {
  for (const [name, { key, nextOffset, seenEnd }] of database.tables.ledger)
    if (key.topicId !== kafka.topic?.id && nextOffset < seenEnd)
      yield `${name} is gone, and not booked to its end`
}
