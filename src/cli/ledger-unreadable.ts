import type { KafkaSettings } from '../kafka/client.ts'
import { FetchLoop } from '../kafka/fetch-loop.ts'
import type { LedgerKey } from '../pipeline/ledger.ts'

type Unreadable =
  | { readonly ok: true; readonly first: number; readonly to: number; readonly reason: string }
  | { readonly ok: false; readonly why: string }

const LOOK_EVERY_MS = 500
const GIVE_UP_AFTER_MS = 20_000

/** Reads the partition from `offset` as the service does, and tells which batch it can't get over. */
export async function findUnreadable(
  kafka: KafkaSettings,
  { topic, topicId, partition }: LedgerKey,
  offset: number,
): Promise<Unreadable> {
  await using loop = new FetchLoop(kafka, () => {})
  const reader = loop.open({ topic, topicId, partition, offset })
  const deadlineMs = performance.now() + GIVE_UP_AFTER_MS
  while (reader.ended === undefined && reader.nextRecord === reader.position) {
    if (performance.now() > deadlineMs) return { ok: false, why: `nothing came of ${topic}-${partition}` }
    await reader.readable(LOOK_EVERY_MS)
  }
  const { nextRecord, ended, unreadable } = reader
  if (ended === undefined)
    return { ok: false, why: `the record at ${nextRecord} can be read; the service settles it by itself` }
  if (unreadable === undefined) return { ok: false, why: `${topic}-${partition} can't be read at ${offset}` }
  const { first, to, why } = unreadable
  if (to === undefined) return { ok: false, why: `${why}; where the damage ends must be given with --to` }
  return { ok: true, first, to, reason: why }
}
