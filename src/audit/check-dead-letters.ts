import { entryId, recordDigest } from '../pipeline/dead-letters-role.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { IdentityQueries } from '../postgres/audit-identities.ts'
import { readableRanges, wasSkipped, type ReadableRange } from './coverage.ts'
import type { DeepAudit } from './deep-audit.ts'
import { readRanges } from './read-records.ts'
import { entryOf } from './suspects.ts'

/** Every settled record of the dead-letter topic must be archived, under the entry that it gives. */
export async function checkDeadLetterTopic(audit: DeepAudit): Promise<void> {
  const { log, reading, findings, signal } = audit
  for await (const { range, stretch } of readRanges(log, readableRanges(reading, 'dead-letters'))) {
    signal.throwIfAborted()
    const { topic, partition } = range
    if (stretch.type === 'unreadable' && !wasSkipped(audit.skipped, { ...range, ...stretch }))
      findings.add({ kind: 'unreadable', topic, partition, offset: stretch.from })
    if (stretch.type === 'records') await checkArchived(audit, range, stretch.records)
    audit.advance(stretch.to - stretch.from)
  }
}

async function checkArchived(
  { snapshot, findings, skipped }: DeepAudit,
  { topic, topicId, partition }: ReadableRange,
  records: readonly SourceRecord[],
): Promise<void> {
  const entries = records.map((record) => ({ offset: record.offset, ...entryOf(record, topicId) }))
  const archived = await snapshot.archivedEntries(entries.map(({ entry }) => entry))
  for (const { offset, entry, source } of entries) {
    if (archived.has(entry) || wasSkipped(skipped, { topicId, partition, from: offset, to: offset + 1 }))
      continue
    const detail = `its record is ${source.topic}-${source.partition} at ${source.offset}`
    findings.add({ kind: 'dead_letter_not_archived', topic, partition, offset, entry, detail })
  }
}

/** Every dead letter must still be what its digest says, and its entry what source and digest give. */
export async function checkArchive(audit: DeepAudit, snapshot: IdentityQueries): Promise<void> {
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    audit.signal.throwIfAborted()
    const rows = await snapshot.deadLettersAfter(last)
    if (rows.length === 0) return
    for (const row of rows) {
      const { entry, topic, topicId, partition, offset } = row
      last = row.id
      if (recordDigest(row).equals(row.digest) && entryId(row, row.digest) === entry) continue
      audit.findings.add({ kind: 'dead_letter_altered', topic, topicId, partition, offset, entry })
    }
    audit.counts.deadLetters += rows.length
    audit.advance(rows.length)
  }
}
