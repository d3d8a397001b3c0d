import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from './instance.ts'

const START_WITHIN_MS = 60_000

/** Throws when one ends before, with its last words, or is not there after a minute. */
export async function untilAllRun(instances: readonly Instance[], signal?: AbortSignal): Promise<void> {
  const endMs = performance.now() + START_WITHIN_MS
  for (;;) {
    signal?.throwIfAborted()
    const missing = instances.filter(({ running }) => !running)
    if (missing.length === 0) return
    for (const instance of missing) {
      const ended = instance.story().lives.findLast((life) => life.ended !== undefined)?.ended
      if (ended !== undefined) throw new Error(`${instance.name} ended at its start: ${ended.how}`)
    }
    if (performance.now() > endMs) {
      const names = missing.map(({ name }) => name).join(', ')
      throw new Error(`${names} did not start within ${START_WITHIN_MS / 1_000} s; see the logs of the run`)
    }
    await sleep(50)
  }
}
