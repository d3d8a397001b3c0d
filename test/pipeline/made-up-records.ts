import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import type { Header, SourceRecord } from '../../src/pipeline/record.ts'

export const TOPIC_ID = '0a1b2c3d-1111-4222-8333-444455556666'
export const SOURCE: LedgerKey = { consumerGroup: 'group', topic: 'orders', topicId: TOPIC_ID, partition: 0 }

/** A record of `orders`, partition 0, with a key, a value and no headers unless `changes` say otherwise. */
export function recordAt(offset: number, changes: Partial<SourceRecord> = {}): SourceRecord {
  return {
    topic: 'orders',
    partition: 0,
    offset,
    timestampMs: 1_700_000_000_000 + offset,
    leaderEpoch: 0,
    key: Buffer.from(`key-${offset}`),
    value: Buffer.from(`value-${offset}`),
    headers: [],
    bytes: 100,
    ...changes,
  }
}

export function header(name: string, value: string | Buffer | null): Header {
  return [Buffer.from(name), typeof value === 'string' ? Buffer.from(value) : value]
}

/** The last value of a header as text; undefined when there is none. */
export function headerText(headers: readonly Header[], name: string): string | undefined {
  return headers.findLast(([bytes]) => bytes.toString() === name)?.[1]?.toString()
}
