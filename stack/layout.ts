import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaNode } from './kafka.ts'
import type { KafkaNode } from './kafka.ts'
import { findKafkaRuntime } from './kafka-libraries.ts'
import type { KafkaRuntime } from './kafka-libraries.ts'
import { canEnter, findBinaries, makeRefuge, refugeFor, userForPostgres } from './postgres-host.ts'
import { dsnOf, postgresNode } from './postgres.ts'
import type { PostgresNode } from './postgres.ts'
import { killServer } from './processes.ts'
import type { ServerNode } from './server-node.ts'
import { StackError } from './stack-error.ts'
import { newState, readState, writeState } from './state.ts'
import type { StackAddresses, StackState } from './state.ts'

const PRIMARY = 'postgres-primary'

export interface StackNodes {
  readonly kafka: readonly KafkaNode[]
  readonly postgres: PostgresNode
  readonly all: readonly ServerNode[]
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
  const dataDir = dataDirOf(dir, state)
  const postgres = postgresNode({
    name: PRIMARY,
    folder: join(dir, PRIMARY),
    dataDir,
    password: state.password,
    port: () => state.postgresPort,
    host: async () => {
      const runAs = userForPostgres(dataDir)
      return { runAs, binaries: await findBinaries(runAs, () => openRefuge(dir, state, false)) }
    },
  })
  return { kafka, postgres, all: [...kafka, postgres] }
}

export function addressesOf(state: StackState): StackAddresses {
  return {
    brokers: state.kafkaPorts.map(({ broker }) => `127.0.0.1:${broker}`).join(','),
    dsn: dsnOf(state.postgresPort, state.password),
  }
}

function dataDirOf(dir: string, state: StackState): string {
  return state.refuge?.holdsData ? join(state.refuge.folder, PRIMARY) : join(dir, PRIMARY, 'data')
}

interface WantedStack {
  readonly brokers?: number | undefined
  readonly advertise?: readonly number[] | undefined
}

/**
 * The state of the folder, made when there is none, with the place of PostgreSQL's data decided and recorded.
 * Call it under the folder's lock.
 */
export async function openState(dir: string, { brokers, advertise }: WantedStack): Promise<StackState> {
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
  const runAs = userForPostgres(dataDirOf(dir, state))
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
  const dataDir = dataDirOf(dir, state)
  const pidFile = join(inside, 'pid')
  await killServer({ name: PRIMARY, program: 'postgres', folder: dataDir, pidFile, logFile: '' })
  rmSync(dataDir, { recursive: true, force: true })
}

/** Records the refuge before making it, so that a reset finds it after any crash. */
function openRefuge(dir: string, state: StackState, holdsData: boolean): string {
  state.refuge ??= { folder: refugeFor(dir), holdsData }
  writeState(dir, state)
  makeRefuge(state.refuge.folder)
  return state.refuge.folder
}
