import { createHash } from 'node:crypto'
import { foreignHeaders, parseHeaders, type SourceCoordinates } from './headers.ts'
import type { Counts, LedgerKey } from './ledger.ts'
import type { Header, SourceRecord } from './record.ts'
import type { RoleWork } from './role-work.ts'

/** One row of the table `dlq`, before the database numbered it. */
export interface DeadLetterEntry {
  /** Stable identity: derived from the coordinates and the digest, so that a restored database gives the same. */
  readonly entry: string
  readonly source: SourceCoordinates
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly errorType: string
  readonly errorMessage: string
  readonly errorStage: string
  /** When it failed first, in ms since the epoch. */
  readonly createdAtMs: number
  readonly lastFailedAtMs: number
  readonly attempts: number
  readonly digest: Buffer
}

export interface PreparedDeadLetter {
  readonly record: SourceRecord
  readonly malformedHeaders: number
  toEntry(topicId: string): DeadLetterEntry
}

/** The writes of the dead-letter role, inside a batch's transaction. */
export interface DeadLettersTransaction {
  /** Inserts those that are not archived yet; returns the entries that are new. Ids are distinct and ascending. */
  archive(entries: readonly DeadLetterEntry[]): Promise<ReadonlySet<string>>
}

export interface SettledDeadLetters {
  readonly counts: Counts
  readonly archived: readonly DeadLetterEntry[]
}

export interface DeadLettersRoleOptions {
  readonly onCommitted: (
    settled: SettledDeadLetters,
    items: readonly PreparedDeadLetter[],
    source: LedgerKey,
  ) => void
}

/** Archives each record of the dead-letter topic, byte for byte. Nothing in a record can make that fail. */
export function deadLettersRole(
  options: DeadLettersRoleOptions,
): RoleWork<DeadLettersTransaction, PreparedDeadLetter, SettledDeadLetters> {
  return {
    prepare: prepareDeadLetter,
    settle: async (transaction, items, source) => {
      const entries = new Map<string, DeadLetterEntry>()
      for (const item of items) {
        const entry = item.toEntry(source.topicId)
        if (!entries.has(entry.entry)) entries.set(entry.entry, entry)
      }
      const ascending = [...entries.values()].toSorted((a, b) => (a.entry < b.entry ? -1 : 1))
      const added = await transaction.archive(ascending)
      const archived = ascending.filter(({ entry }) => added.has(entry))
      return { counts: { archived: archived.length, duplicates: items.length - archived.length }, archived }
    },
    committed: options.onCommitted,
  }
}

function prepareDeadLetter(record: SourceRecord): PreparedDeadLetter {
  const headers = parseHeaders(record.headers)
  const digest = recordDigest(record)
  const toEntry = (topicId: string): DeadLetterEntry => {
    // Somebody else's record says nothing of where it failed, so it is known by where it lies.
    const { topic, partition, offset } = record
    const source = headers.source ?? { topic, topicId, partition, offset }
    return {
      entry: entryId(source, digest),
      source,
      key: record.key,
      value: record.value,
      headers: record.headers,
      errorType: headers.errorType ?? 'unclassified',
      errorMessage: headers.errorMessage ?? 'produced to the dead letters without a cause',
      errorStage: headers.errorStage ?? '',
      createdAtMs: clampInstant(headers.firstFailedAtMs ?? record.timestampMs),
      lastFailedAtMs: clampInstant(record.timestampMs),
      attempts: headers.retry + 1,
      digest,
    }
  }
  return { record, malformedHeaders: headers.malformed, toEntry }
}

/** SHA-256 of key, value and foreign headers, each with its length, so that no two records share one by concatenation. */
export function recordDigest(record: Pick<SourceRecord, 'key' | 'value' | 'headers'>): Buffer {
  const hash = createHash('sha256')
  const add = (bytes: Buffer | null): void => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes?.length ?? -1)
    hash.update(length)
    if (bytes !== null) hash.update(bytes)
  }
  add(record.key)
  add(record.value)
  for (const [name, value] of foreignHeaders(record.headers)) {
    add(name)
    add(value)
  }
  return hash.digest()
}

/** A UUID (version 8, RFC 9562) made of the unique key of a dead letter. */
export function entryId(source: SourceCoordinates, digest: Buffer): string {
  const hash = createHash('sha256')
  hash.update(`${source.topicId}/${source.partition}/${source.offset}/`)
  hash.update(digest)
  const bytes = hash.digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Timestamps are the producer's word; PostgreSQL takes years 1 to 9999 here, and nothing may fail on content. */
function clampInstant(ms: number): number {
  return Math.min(Math.max(ms, 0), 253_402_300_799_999)
}
