import type { KafkaSettings } from '../kafka/client.ts'
import { FetchLoop } from '../kafka/fetch-loop.ts'
import type { LedgerKey } from '../pipeline/ledger.ts'
import type { PartitionReader } from '../pipeline/log.ts'

type Unreadable =
  | { readonly ok: true; readonly first: number; readonly to: number; readonly reason: string }
  | { readonly ok: false; readonly why: string }

const LOOK_EVERY_MS = 500
const GIVE_UP_AFTER_MS = 20_000

/**
 * Reads the partition from `offset` as the service does, and tells what it can't get over: a batch, or, where
 * not even the broker can read its log, everything up to the next offset from which it can.
 */
export async function findUnreadable(
  kafka: KafkaSettings,
  { topic, topicId, partition }: LedgerKey,
  offset: number,
  logEnd: number,
): Promise<Unreadable> {
  await using loop = new FetchLoop(kafka, () => {})
  const readAt = (from: number): Promise<PartitionReader | undefined> =>
    untilItTells(loop.open({ topic, topicId, partition, offset: from }))
  const reader = await readAt(offset)
  if (reader === undefined) return { ok: false, why: `nothing came of ${topic}-${partition}` }
  const { nextRecord, ended, unreadable } = reader
  if (ended === undefined)
    return { ok: false, why: `the record at ${nextRecord} can be read; the service settles it by itself` }
  if (unreadable === undefined) return { ok: false, why: `${topic}-${partition} can't be read at ${offset}` }
  const { first, to, why } = unreadable
  const isReadable = async (from: number): Promise<boolean> => {
    const probe = await readAt(from)
    const came = probe !== undefined && probe.ended === undefined
    probe?.close()
    return came
  }
  return { ok: true, first, to: to ?? (await nextReadable(first, logEnd, isReadable)), reason: why }
}

/** Resolves when a record came or the reader ended; with undefined when neither happens. */
async function untilItTells(reader: PartitionReader): Promise<PartitionReader | undefined> {
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  while (reader.ended === undefined && reader.nextRecord === reader.position) {
    if (performance.now() > deadlineMs) return undefined
    await reader.readable(LOOK_EVERY_MS)
  }
  return reader
}

/**
 * In longer and longer steps to an offset that can be read, then by halves back to the first one. Between two
 * damages it may miss what could be read, which nobody can know without trying each offset.
 */
async function nextReadable(
  unreadable: number,
  end: number,
  isReadable: (offset: number) => Promise<boolean>,
): Promise<number> {
  let below = unreadable
  let above = end
  for (let step = 1; below + step < end; step *= 2) {
    if (await isReadable(below + step)) {
      above = below + step
      break
    }
    below += step
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    if (await isReadable(middle)) above = middle
    else below = middle
  }
  return above
}
