import { linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readJsonObject } from './files.ts'
import { identify, identityFrom, isAlive } from './process-table.ts'
import type { ProcessIdentity } from './process-table.ts'
import { errorCode, StackError } from './stack-error.ts'

const WAIT_DEADLINE_MS = 180_000

/**
 * Runs `work` while no other process, nor other work of this one, holds the lock of the folder; waits for its
 * turn. A lock whose process has died is taken over. Throws when the turn does not come within three minutes.
 */
export async function withLock<T>(
  dir: string,
  report: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = join(dir, 'lock')
  const own = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`
  // Linked, not created in place: a reader never sees a lock without its owner.
  writeFileSync(own, `${JSON.stringify(identify(process.pid))}\n`)
  try {
    await take(lock, own, report)
    removeLeftovers(dir)
    try {
      return await work()
    } finally {
      rmSync(lock, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
  }
}

async function take(lock: string, own: string, report: (line: string) => void): Promise<void> {
  const end = performance.now() + WAIT_DEADLINE_MS
  let reported = false
  while (!tryLink(own, lock)) {
    const holder = readHolder(lock)
    if (holder === undefined) continue
    if (!isAlive(holder)) {
      removeStale(lock)
    } else {
      if (!reported) report(`waiting for process ${holder.pid}, which starts or stops this stack …`)
      reported = true
      if (performance.now() > end)
        throw new StackError(`process ${holder.pid} holds ${lock} and does not finish`)
    }
    await delay(50)
  }
}

/** Removes what killed processes have left that held or awaited the lock. */
function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir).filter((entry) => /^lock\.\d/.test(entry))) {
    const waiting = readHolder(join(dir, name))
    if (waiting && !isAlive(waiting)) rmSync(join(dir, name), { force: true })
  }
}

function tryLink(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function readHolder(lock: string): ProcessIdentity | undefined {
  return identityFrom(readJsonObject(lock))
}

/** Two waiters that both see a dead holder must not remove each other's new lock: one at a time looks again. */
function removeStale(lock: string): void {
  const guard = `${lock}.guard`
  try {
    mkdirSync(guard)
  } catch {
    // The guarded part takes microseconds, so an old guard is what a killed process left.
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > 5_000) rmSync(guard, { recursive: true, force: true })
    return
  }
  try {
    const holder = readHolder(lock)
    if (holder && !isAlive(holder)) rmSync(lock, { force: true })
  } finally {
    rmSync(guard, { recursive: true, force: true })
  }
}
