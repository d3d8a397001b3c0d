import { readOrder } from '../order/read-order.ts'
import { recordDigest } from '../pipeline/dead-letters-role.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import { readableRanges, wasSkipped, type ReadableRange } from './coverage.ts'
import type { DeepAudit } from './deep-audit.ts'
import { LIMITS } from './match-records.ts'
import { readRanges } from './read-records.ts'
import { currentPartitions } from './reading.ts'

/**
 * Every record of the retry topic that the books went past must have come to its end: stored by its content,
 * or a dead letter with its bytes. While anything is on its way, it may be what comes there.
 */
export async function checkRetryTopic(audit: DeepAudit): Promise<void> {
  const { log, reading, findings, signal } = audit
  const isOnItsWay = currentPartitions(reading).some(({ lag }) => lag > 0)
  for await (const { range, stretch } of readRanges(log, readableRanges(reading, 'retries'))) {
    signal.throwIfAborted()
    const { topic, partition } = range
    if (stretch.type === 'unreadable' && !wasSkipped(audit.skipped, { ...range, ...stretch }))
      findings.add({ kind: 'unreadable', topic, partition, offset: stretch.from })
    if (stretch.type === 'records' && !isOnItsWay) await checkSent(audit, range, stretch.records)
    audit.advance(stretch.to - stretch.from)
  }
}

async function checkSent(
  { snapshot, findings, skipped }: DeepAudit,
  { topic, topicId, partition }: ReadableRange,
  records: readonly SourceRecord[],
): Promise<void> {
  const readings = records.map((record) => ({ record, reading: readOrder(record.value, LIMITS) }))
  const uids = readings.flatMap(({ reading }) => (reading.ok ? [reading.order.order_uid] : []))
  const stored = await snapshot.contentHashes([...new Set(uids)])
  const others = readings.filter(
    ({ reading }) => !reading.ok || !stored.get(reading.order.order_uid)?.equals(reading.contentHash),
  )
  if (others.length === 0) return
  const dead = await snapshot.deadDigests(others.map(({ record }) => recordDigest(record)))
  for (const { record, reading } of others) {
    if (dead.has(recordDigest(record).toString('hex'))) continue
    if (reading.ok && (await isStored(snapshot, reading.order.order_uid, reading.canonical))) continue
    const { offset } = record
    if (wasSkipped(skipped, { topicId, partition, from: offset, to: offset + 1 })) continue
    const uid = reading.ok ? { uid: reading.order.order_uid } : {}
    findings.add({ kind: 'record_without_outcome', topic, topicId, partition, offset, ...uid })
  }
}

/** Under a hash of another version of the canonical form. */
async function isStored(snapshot: DeepAudit['snapshot'], uid: string, canonical: Buffer): Promise<boolean> {
  return (await snapshot.canonicalOrder(uid))?.equals(canonical) === true
}
