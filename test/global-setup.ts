import { chmodSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPage } from '../ui/build.ts'
import { removeAbandonedStack, resetStack, startStack } from '../stack/stack.ts'
import { TEMPORARY_STACK_PREFIX } from './stack-under-test.ts'

let dir: string | undefined
let removal: Promise<void> | undefined

/**
 * Starts the stack that all test files of the run share. The runner hands its environment on to the processes
 * of the test files; `sharedStack()` reads it there.
 */
export async function globalSetup(): Promise<void> {
  await removeLeftovers()
  // Once, so that no test of it is served a page that another one is replacing.
  await buildPage()
  dir = mkdtempSync(join(tmpdir(), TEMPORARY_STACK_PREFIX))
  // mkdtemp makes it for its owner only; PostgreSQL, which root runs as another user, must get in.
  chmodSync(dir, 0o755)
  const stack = await startStack({ dir, report: (line) => process.stderr.write(`${line}\n`) })
  process.env['SLUICE_TEST_BROKERS'] = stack.brokers
  process.env['SLUICE_TEST_DSN'] = stack.dsn
}

/** On an interrupt the runner calls this once for each signal that arrives. */
export async function globalTeardown(): Promise<void> {
  if (dir !== undefined) removal ??= resetStack(dir)
  await removal
}

/** What earlier runs that were killed have left running. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(TEMPORARY_STACK_PREFIX)) continue
    // What cannot be read belongs to another user of this machine.
    await removeAbandonedStack(join(tmpdir(), name)).catch(() => {})
  }
}
