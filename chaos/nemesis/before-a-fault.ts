import { setTimeout as delay } from 'node:timers/promises'
import { lookAtMotion } from '../checker/site.ts'
import type { System } from '../system/system.ts'
import type { Lane } from './fault.ts'

/** A machine that is busy with the last fault gets some time; faults that meet nothing prove nothing. */
const WAIT_AT_MOST_MS = 15_000
const LOOK_EVERY_MS = 250

/** Instances are broken while they run, servers while records flow; whatever does not come soon is not waited for. */
export async function untilThereIsSomethingToBreak(
  system: System,
  lane: Lane,
  stopping: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + WAIT_AT_MOST_MS
  const isThere =
    lane === 'instances' ? async () => system.instances.every(({ running }) => running) : flows(system)
  while (!(await isThere()) && performance.now() < endMs)
    await delay(LOOK_EVERY_MS, undefined, { signal: stopping })
}

/** Tells whether something was settled between two of its calls. */
function flows(system: System): () => Promise<boolean> {
  let before: number | undefined
  return async () => {
    const settled = await lookAtMotion(system).then(
      ({ settled: now }) => now,
      () => undefined,
    )
    const isFlowing = before !== undefined && settled !== undefined && settled > before
    before = settled ?? before
    return isFlowing
  }
}
