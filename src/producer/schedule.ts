import { setTimeout as delay } from 'node:timers/promises'

/** Bounds what is under way, and how long making the next batch can keep everything else waiting. */
const MAX_BATCH = 1000

/**
 * Cuts chunks into batches that are due: one element each `intervalMs` from now on, whatever happens in
 * between, so a consumer that was held up gets at once what it missed. With 0, as fast as batches are taken.
 * Ends with the chunks, or soon after `stopping` is aborted.
 */
export async function* scheduledBatches<T>(
  chunks: Iterable<readonly T[]> | AsyncIterable<readonly T[]>,
  intervalMs: number,
  stopping: AbortSignal,
): AsyncGenerator<readonly T[]> {
  const startedAtMs = performance.now()
  let taken = 0
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length && !stopping.aborted;) {
      const elapsedMs = performance.now() - startedAtMs
      const due = intervalMs === 0 ? MAX_BATCH : Math.floor(elapsedMs / intervalMs) + 1 - taken
      if (due > 0) {
        const batch = chunk.slice(from, from + Math.min(due, MAX_BATCH))
        from += batch.length
        taken += batch.length
        yield batch
      } else await pause(taken * intervalMs - elapsedMs, stopping)
    }
    if (stopping.aborted) return
  }
}

/** Resolves early when `stopping` is aborted. */
export async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stopping }).catch(() => {})
}
