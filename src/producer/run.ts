import type { Kind } from './plan.ts'
import type { LoadRecord } from './records.ts'
import { pause, scheduledBatches } from './schedule.ts'

export interface LoadRun {
  readonly chunks: Iterable<readonly LoadRecord[]> | AsyncIterable<readonly LoadRecord[]>
  /** Time between two records; 0 is as fast as they are acknowledged. */
  readonly intervalMs: number
  /**
   * Resolves when all but the records it returns are acknowledged; those will never be taken. Rejects when
   * the outcome isn't known.
   */
  readonly send: (records: readonly LoadRecord[]) => Promise<readonly LoadRecord[]>
  /** No new records once it is aborted; those under way are waited for until `send` rejects. */
  readonly stopping: AbortSignal
  /** Called after each acknowledgement, in the order in which the records were produced. */
  readonly onAcknowledged?: (records: readonly LoadRecord[]) => void
  /** Called each time that `send` rejected. The same records are sent again, after a pause. */
  readonly onOutage?: (error: unknown) => void
}

export interface LoadResult {
  readonly acknowledged: Readonly<Record<Kind | 'total', number>>
  /** Records that the broker will never take, because of their size. */
  readonly refused: number
  /** Records that were under way when it had to end. They may or may not have been written. */
  readonly unacknowledged: number
  readonly seconds: number
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/**
 * Produces records in their order, at the pace of a schedule. One batch is under way while the next is made;
 * it is sent until it is acknowledged, so that no record overtakes an earlier one of its uid.
 */
export async function runLoad(run: LoadRun): Promise<LoadResult> {
  const acknowledged = { valid: 0, invalid: 0, duplicate: 0, conflict: 0, total: 0 }
  let refused = 0
  let unacknowledged = 0
  const startedAtMs = performance.now()

  const deliver = async (batch: readonly LoadRecord[]): Promise<void> => {
    const tooLarge = await sendUntilAcknowledged(batch, run)
    if (tooLarge === undefined) {
      unacknowledged += batch.length
      return
    }
    const taken = tooLarge.length === 0 ? batch : batch.filter((record) => !tooLarge.includes(record))
    for (const { kind } of taken) acknowledged[kind]++
    acknowledged.total += taken.length
    refused += tooLarge.length
    run.onAcknowledged?.(taken)
  }

  let underWay = Promise.resolve()
  for await (const batch of scheduledBatches(run.chunks, run.intervalMs, run.stopping)) {
    await underWay
    if (run.stopping.aborted) break
    underWay = deliver(batch)
    // It is awaited in the next round; failing before then must not count as unhandled.
    underWay.catch(() => {})
  }
  await underWay
  return { acknowledged, refused, unacknowledged, seconds: (performance.now() - startedAtMs) / 1000 }
}

/** What will never be taken; undefined when it had to stop without an answer. */
async function sendUntilAcknowledged(
  batch: readonly LoadRecord[],
  { send, stopping, onOutage }: LoadRun,
): Promise<readonly LoadRecord[] | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await send(batch)
    } catch (error) {
      // A fault of our own; it would come again for ever.
      if (error instanceof TypeError) throw error
      if (stopping.aborted) return undefined
      onOutage?.(error)
    }
    await pause(pauseMs * (0.5 + Math.random() / 2), stopping)
  }
}
