import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { isObject, readJsonObject, writeFileAtomically } from './files.ts'
import type { JsonObject } from './files.ts'
import type { KafkaPorts } from './kafka-properties.ts'
import { identityFrom } from './process-table.ts'
import type { ProcessIdentity } from './process-table.ts'
import { outputOf, StackError } from './stack-error.ts'

/** What a stack's folder remembers between runs. Changed only under the folder's lock. */
export interface StackState {
  /** The folder itself, absolute: tells a copy and a moved folder from the original. */
  folder: string
  readonly clusterId: string
  readonly password: string
  /** One entry for each broker. 0: not chosen yet. */
  kafkaPorts: KafkaPorts[]
  postgresPort: number
  /** The second PostgreSQL, if there is one; whether the first one follows it, after a fail-over. */
  standby?: { readonly port: number; readonly leads: boolean } | undefined
  /** Folder outside of ours with PostgreSQL's data, programs or both, when its user cannot reach ours. */
  refuge?: { readonly folder: string; readonly holdsData: boolean } | undefined
  /** The process with which the stack ends; none when it is to go on until it is stopped. */
  owner?: ProcessIdentity | undefined
}

/** The content of stack.json, where other commands find a running stack. */
export interface StackAddresses {
  readonly brokers: string
  readonly dsn: string
  readonly http?: string
}

const stateFile = (dir: string) => join(dir, 'state.json')
const addressFile = (dir: string) => join(dir, 'stack.json')

export function newState(dir: string, brokers: number): StackState {
  return {
    folder: dir,
    // Kafka's tools would take an id that begins with a dash for an option.
    clusterId: `s${randomBytes(16).toString('base64url').slice(1)}`,
    password: randomBytes(12).toString('hex'),
    kafkaPorts: Array.from({ length: brokers }, () => ({ broker: 0, controller: 0 })),
    postgresPort: 0,
  }
}

/** Undefined when the folder holds no stack. Throws a StackError when it holds one that cannot be read. */
export function readState(dir: string): StackState | undefined {
  const file = stateFile(dir)
  try {
    const found = readJsonObject(file)
    return found && parseState(found)
  } catch (error) {
    throw new StackError(`${file} is not readable (${outputOf(error)}); remove ${dir} to begin anew`)
  }
}

function parseState({
  folder,
  clusterId,
  password,
  kafkaPorts,
  postgresPort,
  standby,
  refuge,
  owner,
}: JsonObject): StackState {
  if (typeof folder !== 'string' || typeof clusterId !== 'string' || typeof password !== 'string') {
    throw new TypeError('folder, clusterId or password missing')
  }
  if (!Array.isArray(kafkaPorts) || kafkaPorts.length === 0) throw new TypeError('kafkaPorts missing')
  const state: StackState = {
    folder,
    clusterId,
    password,
    kafkaPorts: kafkaPorts.map((ports: unknown) => parsePorts(ports)),
    postgresPort: parsePort(postgresPort),
  }
  if (isObject(standby))
    state.standby = { port: parsePort(standby['port']), leads: standby['leads'] === true }
  if (isObject(refuge) && typeof refuge['folder'] === 'string') {
    state.refuge = { folder: refuge['folder'], holdsData: refuge['holdsData'] === true }
  }
  const parsedOwner = identityFrom(owner)
  if (parsedOwner) state.owner = parsedOwner
  return state
}

function parsePorts(ports: unknown): KafkaPorts {
  if (!isObject(ports)) throw new TypeError('kafkaPorts malformed')
  const { broker, controller, proxied } = ports
  return {
    broker: parsePort(broker),
    controller: parsePort(controller),
    ...(isObject(proxied) && {
      proxied: { port: parsePort(proxied['port']), advertised: parsePort(proxied['advertised']) },
    }),
  }
}

function parsePort(port: unknown): number {
  if (typeof port !== 'number' || !Number.isInteger(port)) throw new TypeError('a port is malformed')
  return port
}

export function writeState(dir: string, state: StackState): void {
  writeFileAtomically(stateFile(dir), JSON.stringify(state, null, 2))
}

/** Undefined when no stack is recorded as running. */
export function readAddresses(dir: string): StackAddresses | undefined {
  const { brokers, dsn, http } = readJsonObject(addressFile(dir)) ?? {}
  if (typeof brokers !== 'string' || typeof dsn !== 'string') return undefined
  return { brokers, dsn, ...(typeof http === 'string' && { http }) }
}

/** `undefined` removes the file. */
export function writeAddresses(dir: string, addresses: StackAddresses | undefined): void {
  if (addresses) writeFileAtomically(addressFile(dir), JSON.stringify(addresses, null, 2))
  else rmSync(addressFile(dir), { force: true })
}

/**
 * Writes the address of a running service into stack.json, for commands that talk to it; `undefined` takes it
 * out again. Does nothing when no stack is recorded there.
 */
export function recordHttpAddress(dir: string, url: string | undefined): void {
  const found = readAddresses(dir)
  if (!found) return
  const { brokers, dsn } = found
  writeAddresses(dir, url === undefined ? { brokers, dsn } : { brokers, dsn, http: url })
}
