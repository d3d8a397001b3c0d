import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaNode } from './kafka.ts'
import type { KafkaNode } from './kafka.ts'
import { findKafkaRuntime } from './kafka-libraries.ts'
import type { KafkaRuntime } from './kafka-libraries.ts'
import { withLock } from './lock.ts'
import { canEnter, findBinaries, makeRefuge, refugeFor, userForPostgres } from './postgres-host.ts'
import { postgresPair } from './postgres-pair.ts'
import type { PostgresPair } from './postgres-pair.ts'
import { dsnOf, postgresNode } from './postgres.ts'
import type { PostgresNode } from './postgres.ts'
import { killServer } from './processes.ts'
import type { ServerNode } from './server-node.ts'
import { StackError } from './stack-error.ts'
import { newState, readAddresses, readState, writeAddresses, writeState } from './state.ts'
import type { StackAddresses, StackState } from './state.ts'

// Named after what they are at first; a fail-over changes what they do, not where they live.
const PRIMARY = 'postgres-primary'
const STANDBY = 'postgres-standby'

export interface StackNodes {
  readonly kafka: readonly KafkaNode[]
  /** The PostgreSQL that is written to at present. */
  readonly postgres: PostgresNode
  readonly pair: PostgresPair | undefined
  /** In the order of their ports in the state. */
  readonly postgresServers: readonly PostgresNode[]
  readonly all: readonly ServerNode[]
  /** All of them; those of one line start one after the other, the lines side by side. */
  readonly startLines: readonly (readonly ServerNode[])[]
}

/** The servers that the state describes; starts nothing. They follow later changes of the state's ports. */
export function nodesOf(dir: string, state: StackState, report: (line: string) => void): StackNodes {
  // Three nodes that start together fetch the jars once.
  let found: Promise<KafkaRuntime> | undefined
  const runtime = (signal?: AbortSignal) =>
    (found ??= findKafkaRuntime(report, signal).catch((error: unknown) => {
      found = undefined // the next attempt looks again
      throw error
    }))
  const kafka = state.kafkaPorts.map((_, index) =>
    kafkaNode({
      nodeId: index + 1,
      folder: join(dir, `kafka-${index + 1}`),
      clusterId: state.clusterId,
      ports: () => state.kafkaPorts,
      runtime,
    }),
  )
  const first = postgresServer(dir, state, PRIMARY)
  const second = state.standby && postgresServer(dir, state, STANDBY)
  const pair = second && pairOf(dir, state, report, first, second)
  const postgresServers = second ? [first, second] : [first]
  return {
    kafka,
    get postgres() {
      return pair?.primary ?? first
    },
    pair,
    postgresServers,
    all: [...kafka, ...postgresServers],
    get startLines() {
      return [...kafka.map((node) => [node]), pair ? [pair.primary, pair.standby] : [first]]
    },
  }
}

function postgresServer(dir: string, state: StackState, name: string): PostgresNode {
  const dataDir = dataDirOf(dir, state, name)
  return postgresNode({
    name,
    folder: join(dir, name),
    dataDir,
    password: state.password,
    port: () => portOf(state, name),
    host: async () => {
      const runAs = userForPostgres(dataDirOf(dir, state, PRIMARY))
      return { runAs, binaries: await findBinaries(runAs, () => openRefuge(dir, state, false)) }
    },
    primary: () => {
      const leader = leaderOf(state)
      if (name === leader) return undefined
      return { dsn: dsnOf(portOf(state, leader), state.password), dataDir: dataDirOf(dir, state, leader) }
    },
  })
}

function pairOf(
  dir: string,
  state: StackState,
  report: (line: string) => void,
  first: PostgresNode,
  second: PostgresNode,
): PostgresPair {
  const secondLeads = () => leaderOf(state) === STANDBY
  return postgresPair({
    primary: () => (secondLeads() ? second : first),
    standby: () => (secondLeads() ? first : second),
    swap: async () => {
      await withLock(dir, report, async () => {
        const recorded = readState(dir)
        if (!recorded || !state.standby) throw new StackError(`${dir} holds no stack any more`)
        state.standby = { ...state.standby, leads: !state.standby.leads }
        // Somebody else may have become the owner since our state was read.
        writeState(dir, { ...recorded, standby: state.standby })
        const addresses = readAddresses(dir)
        if (addresses) writeAddresses(dir, { ...addresses, dsn: addressesOf(state).dsn })
      })
    },
  })
}

function leaderOf(state: StackState): string {
  return state.standby?.leads === true ? STANDBY : PRIMARY
}

function portOf(state: StackState, name: string): number {
  return name === STANDBY && state.standby ? state.standby.port : state.postgresPort
}

export function addressesOf(state: StackState): StackAddresses {
  return {
    brokers: state.kafkaPorts.map(({ broker }) => `127.0.0.1:${broker}`).join(','),
    dsn: dsnOf(portOf(state, leaderOf(state)), state.password),
  }
}

function dataDirOf(dir: string, state: StackState, name: string): string {
  return state.refuge?.holdsData ? join(state.refuge.folder, name) : join(dir, name, 'data')
}

interface WantedStack {
  readonly brokers?: number | undefined
  readonly standby?: boolean | undefined
  readonly advertise?: readonly number[] | undefined
}

/**
 * The state of the folder, made when there is none, with the place of PostgreSQL's data decided and recorded.
 * Call it under the folder's lock.
 */
export async function openState(
  dir: string,
  { brokers, standby, advertise }: WantedStack,
): Promise<StackState> {
  const state = readState(dir) ?? newState(dir, brokers ?? 1)
  const present = state.kafkaPorts.length
  if (brokers !== undefined && brokers !== present) {
    throw new StackError(
      `${dir} holds a stack of ${present} broker${present > 1 ? 's' : ''}, not ${brokers}; reset it first`,
    )
  }
  if (advertise && advertise.length !== present) {
    throw new StackError(
      `${advertise.length} ports to advertise for ${present} broker(s): one each is needed`,
    )
  }
  if (standby) state.standby ??= { port: 0, leads: false }
  if (state.folder !== dir) {
    // Moved: what lies outside still belongs to it. Copied: it stays with the original.
    if (existsSync(state.folder) && readState(state.folder)?.clusterId === state.clusterId)
      delete state.refuge
    state.folder = dir
  }
  writeState(dir, state)
  await settleData(dir, state)
  return state
}

/** Decides where PostgreSQL's data goes when its user is another one than ours and may not enter our folder. */
async function settleData(dir: string, state: StackState): Promise<void> {
  const inside = join(dir, PRIMARY)
  mkdirSync(inside, { recursive: true })
  const runAs = userForPostgres(dataDirOf(dir, state, PRIMARY))
  if (!runAs || state.refuge?.holdsData || (await canEnter(inside, runAs))) {
    if (state.refuge) makeRefuge(state.refuge.folder) // temporary folders get cleaned
    return
  }
  if (existsSync(join(inside, 'data'))) {
    throw new StackError(
      `PostgreSQL's user (uid ${runAs.uid}) may not enter ${inside} any more; let it, or reset the stack`,
    )
  }
  openRefuge(dir, state, true)
  // Without a record this can only be what an earlier stack left, whose folder was removed by hand.
  for (const name of [PRIMARY, STANDBY]) {
    const dataDir = dataDirOf(dir, state, name)
    const pidFile = join(dir, name, 'pid')
    await killServer({ name, program: 'postgres', folder: dataDir, pidFile, logFile: '' })
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Records the refuge before making it, so that a reset finds it after any crash. */
function openRefuge(dir: string, state: StackState, holdsData: boolean): string {
  state.refuge ??= { folder: refugeFor(dir), holdsData }
  writeState(dir, state)
  makeRefuge(state.refuge.folder)
  return state.refuge.folder
}
