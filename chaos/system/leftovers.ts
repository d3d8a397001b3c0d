import { readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, processesOf } from '../../stack/process-table.ts'
import { removeAbandonedStack } from '../../stack/stack.ts'
import { readState } from '../../stack/state.ts'

/** How the process table calls a process of Node, by version. */
const NODE = ['node', 'MainThread']

/** Ends and removes what runs that were killed have left: servers everywhere, instances where /proc tells of them. */
export async function removeLeftovers(prefix: string): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    // What cannot be read belongs to another user of this machine.
    await removeRun(join(tmpdir(), name)).catch(() => {})
  }
}

/** A folder that was kept on purpose has a stack without an owner. */
async function removeRun(folder: string): Promise<void> {
  const stack = join(folder, 'stack')
  const owner = readState(stack)?.owner
  if (owner === undefined || isAlive(owner)) return
  for (const { pid } of NODE.flatMap((program) => processesOf(program, folder))) process.kill(pid, 'SIGKILL')
  await removeAbandonedStack(stack)
  rmSync(folder, { recursive: true, force: true })
}
