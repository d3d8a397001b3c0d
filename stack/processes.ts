import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { readJsonObject, writeFileAtomically } from './files.ts'
import type { JsonObject } from './files.ts'
import { identify, identityFrom, isAlive, isInTable, processesOf } from './process-table.ts'
import type { ProcessIdentity } from './process-table.ts'
import { errorCode, StackError } from './stack-error.ts'

const MAX_LOG_BYTES = 10 * 1024 * 1024

/** Where a server lives: enough to find it again from another process, or after that process was killed. */
export interface ServerPlace {
  readonly name: string
  /** Name of the executable, as the process table shows it. */
  readonly program: string
  /** Working directory of the server and of all its children; no other process of `program` works there. */
  readonly folder: string
  readonly pidFile: string
  readonly logFile: string
}

export interface UserIds {
  readonly uid: number
  readonly gid: number
}

/** `exited` resolves with how the process ended; never, when another process started it. */
export interface StartedServer {
  readonly identity: ProcessIdentity
  readonly exited: Promise<string>
}

/**
 * Starts a server that outlives this process and gets no signal of its terminal (own session and process
 * group). Output is appended to `place.logFile`. Resolves when the pid file is written; not yet ready then.
 */
export async function spawnServer(
  place: ServerPlace,
  command: string,
  args: readonly string[],
  runAs?: UserIds,
): Promise<StartedServer> {
  if ((statSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) {
    renameSync(place.logFile, `${place.logFile}.1`)
  }
  const log = openSync(place.logFile, 'a', 0o600)
  const child = spawn(command, args, {
    cwd: place.folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    ...runAs,
  })
  closeSync(log)
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`))
    child.once('error', (error) => resolve(`could not be run: ${error.message}`))
  })
  child.unref()
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity) throw new StackError(`${place.name} ${await exited}`)
  writeFileAtomically(place.pidFile, JSON.stringify({ ...identity, folder: place.folder }))
  return { identity, exited }
}

/** The server that runs here already, whoever started it; undefined when none does. */
export function adoptServer(place: ServerPlace): StartedServer | undefined {
  const identity = runningServer(place)
  return identity && { identity, exited: new Promise(() => {}) }
}

/** The main process named by the pid file if it is still that very process, else undefined. */
export function runningServer(place: ServerPlace): ProcessIdentity | undefined {
  let recorded: JsonObject | undefined
  try {
    recorded = readJsonObject(place.pidFile)
  } catch {
    return undefined // damaged: the processes are found by their folder
  }
  // Another folder: this pid file came along when somebody copied the whole directory.
  const identity = recorded?.['folder'] === place.folder ? identityFrom(recorded) : undefined
  return identity && isAlive(identity) ? identity : undefined
}

/**
 * Asks the server to end and waits until every process of it is gone and the main one reaped; whatever is left
 * after `deadlineMs` is killed. Does nothing when it does not run.
 */
export async function stopServer(
  place: ServerPlace,
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<void> {
  const main = runningServer(place)
  if (main) {
    sendSignal(main, signal)
    sendSignal(main, 'SIGCONT') // a paused process would never see the signal
    await until(() => !isAlive(main), deadlineMs)
    if (!isAlive(main)) await until(() => !isInTable(main), 2_000)
  }
  await killServer(place)
}

/**
 * SIGKILL to the main process and all its children, also to those that no pid file names. When it resolves,
 * none of them runs and the data may be used by another server.
 */
export async function killServer(place: ServerPlace): Promise<void> {
  const main = runningServer(place)
  // Stopped first, so that it cannot fork a child that the list below misses.
  if (main) sendSignal(main, 'SIGSTOP')
  const members = processesOf(place.program, place.folder, main?.pid)
  if (main) sendSignal(main, 'SIGKILL')
  for (const member of members) sendSignal(member, 'SIGKILL')
  const all = main ? [main, ...members] : members
  if (!(await until(() => !all.some(isAlive), 30_000))) {
    throw new StackError(
      `${place.name} does not end, not even by SIGKILL (pid ${all.map((p) => p.pid).join(', ')})`,
    )
  }
  // A parent that never reaps (a container's first process may not) must not block us for ever.
  if (main) await until(() => !isInTable(main), 2_000)
  rmSync(place.pidFile, { force: true })
}

/** Sends a signal to every process of a running server. Throws when it does not run. */
export function signalServer(place: ServerPlace, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const main = runningServer(place)
  if (!main) throw new StackError(`${place.name} does not run`)
  sendSignal(main, signal)
  for (const member of processesOf(place.program, place.folder, main.pid)) sendSignal(member, signal)
}

function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Looks every 20 ms; resolves with whether the condition came true before the deadline. */
async function until(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) return false
    await delay(20)
  }
  return true
}

/**
 * Repeats `probe` until it resolves with true. Throws when the server ends first, when `deadlineMs` has passed
 * or when the signal aborts; the message carries the end of the server's log.
 */
export async function waitUntilReady(
  place: ServerPlace,
  server: StartedServer,
  probe: () => Promise<boolean>,
  { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const end = performance.now() + deadlineMs
  const fail = (how: string) => new StackError(`${place.name} ${how}\n${logTail(place)}`)
  while (!(await probe())) {
    signal?.throwIfAborted()
    if (!isAlive(server.identity)) throw fail(await Promise.race([server.exited, delay(200, 'ended')]))
    if (performance.now() > end) throw fail(`was not ready within ${deadlineMs / 1000} s`)
    await delay(40, undefined, signal ? { signal } : {})
  }
}

function logTail(place: ServerPlace): string {
  const lines = readFileSync(place.logFile, 'utf8').trimEnd().split('\n').slice(-12)
  return [`The end of ${place.logFile}:`, ...lines.map((line) => `  ${line.slice(0, 300)}`)].join('\n')
}
