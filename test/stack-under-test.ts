import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { resetStack } from '../stack/stack.ts'

/** Begins the name of every temporary folder with a stack in it. */
export const TEMPORARY_STACK_PREFIX = 'sluice-test-'

/** The part of a test's context that is needed to undo something after it. */
interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

/**
 * The broker (`host:port`) and the database that the whole run shares. Do not stop or kill them. Take a topic
 * of your own (`uniqueName`) and a database of your own (`createDatabase`).
 */
export function sharedStack(): { brokers: string; dsn: string } {
  const brokers = process.env['SLUICE_TEST_BROKERS']
  const dsn = process.env['SLUICE_TEST_DSN']
  if (!brokers || !dsn) {
    throw new Error(
      'this test needs servers: run it with node --test --test-global-setup=test/global-setup.ts',
    )
  }
  return { brokers, dsn }
}

/** The DSN of a new, empty database, which is dropped after the test, open connections or not. */
export async function createDatabase(test: Afterwards): Promise<string> {
  const { dsn } = sharedStack()
  const name = uniqueName('test').replaceAll('-', '_')
  await execute(dsn, `create database ${name}`)
  test.after(async () => await execute(dsn, `drop database ${name} with (force)`))
  const url = new URL(dsn)
  url.pathname = `/${name}`
  return url.href
}

async function execute(dsn: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: dsn })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** `prefix-` and twelve hexadecimal digits: for topics, groups and the like, which all tests share. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}

/** An empty folder, which is removed after the test. Everybody may enter it. */
export function emptyFolder(test: Afterwards, mode = 0o755): string {
  const dir = mkdtempSync(join(tmpdir(), TEMPORARY_STACK_PREFIX))
  chmodSync(dir, mode)
  test.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** An empty folder for a stack of the test's own, which is stopped and removed after the test. */
export function stackFolder(test: Afterwards, mode = 0o755): string {
  const dir = mkdtempSync(join(tmpdir(), TEMPORARY_STACK_PREFIX))
  chmodSync(dir, mode)
  test.after(async () => {
    await resetStack(dir)
    rmSync(dir, { recursive: true, force: true })
  })
  return dir
}

/**
 * Repeats `condition` every 20 ms until it gives something truthy, and resolves with that. A condition that
 * throws counts as not yet fulfilled. Throws after `deadlineMs`, saying `what` was awaited and the last error.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { deadlineMs, what }: { deadlineMs: number; what: string },
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs
  for (;;) {
    let last: unknown
    try {
      const result = await condition()
      if (result) return result
      last = result
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`, { cause: last })
    await delay(20)
  }
}
