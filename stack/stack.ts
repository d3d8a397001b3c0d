import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaNode } from './kafka.ts'
import { addressesOf, nodesOf, openState } from './layout.ts'
import type { StackNodes } from './layout.ts'
import { withLock } from './lock.ts'
import { answers, isPortFree } from './ports.ts'
import type { PostgresNode } from './postgres.ts'
import type { PostgresPair } from './postgres-pair.ts'
import { identify, isAlive } from './process-table.ts'
import type { ServerNode } from './server-node.ts'
import { portsOf, settlePorts } from './settle-ports.ts'
import { StackError } from './stack-error.ts'
import { readAddresses, readState, writeAddresses, writeState } from './state.ts'
import type { StackState } from './state.ts'

/** The folder of `npm start` and `npm run stack`. */
export const DEFAULT_STACK_DIR = join(import.meta.dirname, '..', '.stack')

export interface StackOptions {
  /** Holds everything the stack remembers; made when missing. */
  readonly dir: string
  /** Brokers of a new stack (1 without it); an existing one must have as many. */
  readonly brokers?: 1 | 3 | undefined
  /** A second PostgreSQL that follows the first; one that the stack has already stays without it, too. */
  readonly standby?: boolean | undefined
  /** By broker: the port of the proxy that stands before its second listener (`proxiedPort`). */
  readonly advertise?: readonly number[] | undefined
  /** Wanted at the first start: the next free ones from here upwards. Without it: any free ones. */
  readonly preferredPorts?: { readonly kafka: number; readonly postgres: number } | undefined
  /** True: runs until `stopStack`, whoever started it. Else it belongs to this process, and disposing stops it. */
  readonly keepRunning?: boolean | undefined
  /** Progress for people, one line each. */
  readonly report?: ((line: string) => void) | undefined
  /** Gives up: what was started by this call is stopped again, then the promise rejects. */
  readonly signal?: AbortSignal | undefined
}

export interface RunningStack {
  readonly dir: string
  /** `host:port`, separated by commas. */
  readonly brokers: string
  /** Of the PostgreSQL that is written to at present; so is `postgres`. */
  readonly dsn: string
  readonly kafka: { readonly nodes: readonly KafkaNode[] }
  readonly postgres: PostgresNode
  /** Undefined in a stack without a standby. */
  readonly standby: PostgresPair | undefined
}

export interface Stack extends RunningStack, AsyncDisposable {
  /** True when disposing will stop it: false when it ran before, or is to be kept running. */
  readonly ownedHere: boolean
}

export interface StackStatus {
  /** Every server runs and accepts connections. */
  readonly running: boolean
  readonly brokers?: string
  readonly dsn?: string
  readonly http?: string
  readonly servers: readonly { name: string; running: boolean; pid?: number; port: number; log: string }[]
}

/**
 * Starts Kafka and PostgreSQL on 127.0.0.1, or those of them that do not run. Resolves when both answer
 * requests. The data of earlier runs is used; so are its ports while they are free. Other processes may call
 * this for the same folder at the same time: one starts, the others find it running. A stack whose owner was
 * killed gets the caller as its new owner. Throws a StackError, whose message is for the user.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.dir, { recursive: true })
  const dir = realpathSync(options.dir)
  const report = options.report ?? (() => {})
  return await withLock(dir, report, async () => {
    const state = await openState(dir, options)
    const nodes = nodesOf(dir, state, report)
    const ownedHere = claim(state, nodes, options.keepRunning ?? false)
    await startMissing(dir, state, nodes, options)
    const { brokers, dsn } = addressesOf(state)
    const recorded = readAddresses(dir)
    if (recorded?.brokers !== brokers || recorded.dsn !== dsn) writeAddresses(dir, { brokers, dsn })
    return Object.assign(runningStack(dir, brokers, nodes), {
      ownedHere,
      async [Symbol.asyncDispose]() {
        if (!ownedHere) return
        // `stack up` may have made it a lasting one meanwhile.
        const now = readState(dir)
        if (now?.owner?.pid === process.pid) await stopStack(dir)
        else if (now !== undefined && now.owner === undefined)
          report(
            'Kafka and PostgreSQL go on, as `npm run stack -- up` asked; `npm run stack -- down` stops them',
          )
      },
    })
  })
}

function runningStack(dir: string, brokers: string, nodes: StackNodes): RunningStack {
  return {
    dir,
    brokers,
    get dsn() {
      return nodes.postgres.dsn
    },
    kafka: { nodes: nodes.kafka },
    get postgres() {
      return nodes.postgres
    },
    standby: nodes.pair,
  }
}

/** Decides who stops the stack; tells whether it is this call's caller. */
function claim(state: StackState, nodes: StackNodes, keepRunning: boolean): boolean {
  if (keepRunning) {
    delete state.owner
    return false
  }
  const wasRunning = nodes.all.some((node) => node.pid !== undefined)
  // Running without an owner: to be left running. With a dead one: nobody else will stop it.
  if (wasRunning && (!state.owner || isAlive(state.owner))) return false
  state.owner = identify(process.pid)
  return true
}

async function startMissing(
  dir: string,
  state: StackState,
  nodes: StackNodes,
  options: StackOptions,
): Promise<void> {
  const missing = nodes.all.filter((node) => node.pid === undefined)
  for (let attempt = 1; ; attempt++) {
    await settlePorts(state, nodes, options)
    writeState(dir, state)
    try {
      return await startTogether(nodes.startLines, options.signal)
    } catch (error) {
      await Promise.all(missing.map((node) => node.stop()))
      // The reason that the caller gave, not the errors it made all over.
      options.signal?.throwIfAborted()
      const portsFree = await Promise.all(portsOf(state, missing, nodes).map(isPortFree))
      // Somebody took a port between our look and the server's; then other ports will do.
      if (attempt === 3 || !portsFree.includes(false)) throw error
    }
  }
}

/** The first failure stops the waiting of the others and is what is thrown. */
async function startTogether(lines: StackNodes['startLines'], signal?: AbortSignal): Promise<void> {
  const failure = new AbortController()
  const either = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal
  const startLine = async (line: readonly ServerNode[]) => {
    for (const node of line) await node.start(either)
  }
  await Promise.all(lines.map((line) => startLine(line).catch((error: unknown) => failure.abort(error))))
  failure.signal.throwIfAborted()
}

/** The stack of the folder when all its servers run, else undefined. Starts and changes nothing. */
export function findRunningStack(dir: string): RunningStack | undefined {
  const state = existsSync(dir) ? readState(dir) : undefined
  const addresses = state && readAddresses(dir)
  if (!state || !addresses) return undefined
  const nodes = nodesOf(realpathSync(dir), state, () => {})
  if (nodes.all.some((node) => node.pid === undefined)) return undefined
  return runningStack(realpathSync(dir), addresses.brokers, nodes)
}

/** What of the folder's stack runs. Changes nothing. */
export async function stackStatus(dir: string): Promise<StackStatus> {
  const state = existsSync(dir) ? readState(dir) : undefined
  if (!state) return { running: false, servers: [] }
  const { all } = nodesOf(realpathSync(dir), state, () => {})
  const servers = await Promise.all(
    all.map(async ({ name, pid, port, logFile }) => {
      const running = pid !== undefined && (await answers(port))
      return { name, running, ...(pid !== undefined && { pid }), port, log: logFile }
    }),
  )
  return { running: servers.every(({ running }) => running), ...readAddresses(dir), servers }
}

/**
 * Stops every server of the folder, whoever started it, and keeps the data. Tells whether one ran. When it
 * resolves, no process is left.
 */
export async function stopStack(dir: string, report: (line: string) => void = () => {}): Promise<boolean> {
  if (!existsSync(dir)) return false
  const real = realpathSync(dir)
  return (readState(real) ?? false) && (await withLock(real, report, async () => await stopHere(real)))
}

async function stopHere(dir: string): Promise<boolean> {
  const state = readState(dir)
  if (!state) return false
  const { all } = nodesOf(dir, state, () => {})
  const ran = all.some((node) => node.pid !== undefined)
  writeAddresses(dir, undefined)
  await Promise.all(all.map((node) => node.stop()))
  delete state.owner
  writeState(dir, state)
  return ran
}

/** Stops the stack and deletes its data. Refuses a folder that is neither a stack's nor empty. */
export async function resetStack(dir: string, report: (line: string) => void = () => {}): Promise<void> {
  if (!existsSync(dir)) return
  const real = realpathSync(dir)
  if (!readState(real) && readdirSync(real).length > 0)
    throw new StackError(`${real} holds no stack; nothing deleted`)
  await withLock(real, report, async () => {
    const state = readState(real)
    // Brokers that are stopped hand their partitions over to each other first, which takes seconds for three.
    if (state) await Promise.all(nodesOf(real, state, () => {}).kafka.map((node) => node.kill()))
    await stopHere(real)
    const refuge = state?.refuge
    if (refuge) rmSync(refuge.folder, { recursive: true, force: true })
    for (const name of readdirSync(real)) {
      if (!name.startsWith('lock')) rmSync(join(real, name), { recursive: true, force: true })
    }
  })
  if (readdirSync(real).length === 0) rmdirSync(real)
}

/** `resetStack` for a folder whose stack ran on after its owner was killed; leaves every other folder alone. */
export async function removeAbandonedStack(dir: string): Promise<void> {
  const owner = readState(dir)?.owner
  if (owner && !isAlive(owner)) await resetStack(dir)
}
