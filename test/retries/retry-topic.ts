import assert from 'node:assert/strict'
import { openProducer } from '../../src/kafka/producer.ts'
import { parseHeaders, type ParsedHeaders } from '../../src/pipeline/headers.ts'
import type { Header } from '../../src/pipeline/record.ts'
import { seedFrom } from '../../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../../src/producer/records.ts'
import { readTopic } from '../kafka/topic-under-test.ts'
import { query, type Place } from '../recovery/place.ts'

/** A valid order in the retry topic, under headers that somebody wrote. */
export interface PutRecord {
  readonly order: LoadRecord
  readonly headers: Readonly<Record<string, string>>
}

export function validOrders(seed: string, count: number): LoadRecord[] {
  const shares = { invalid: 0, duplicate: 0, conflict: 0 }
  return [...generateRecords(seedFrom(seed), count, shares)].flat()
}

export async function putIntoRetryTopic(place: Place, records: readonly PutRecord[]): Promise<void> {
  const settings = { brokers: place.brokers.split(','), clientId: 'test-load' }
  await using producer = openProducer(settings, { giveUpAfterMs: 30_000, onError: () => {} })
  await producer.send(
    records.map(({ order: { key, value }, headers }) => ({
      topic: place.retries,
      key,
      value,
      headers: Object.entries(headers).map(([name, text]): Header => [Buffer.from(name), Buffer.from(text)]),
    })),
  )
}

export interface SentBack {
  readonly uid: string
  readonly value: string
  readonly headers: ParsedHeaders
}

/** What lies in `orders`, each partition in its order. */
export async function readOrders({ brokers, orders }: Place): Promise<SentBack[]> {
  const records = await readTopic(brokers, orders)
  return records.map(({ key, value, headers }) => {
    assert.ok(key && value)
    return { uid: key.toString(), value: value.toString(), headers: parseHeaders(headers) }
  })
}

export interface RetryBooks {
  readonly next: number
  readonly forwarded: number
  readonly dead: number
  readonly ahead: number
}

/** Of all partitions of the retry topic; `ahead` counts what the books know to be sent beyond their position. */
export async function retryBooks({ dsn, group }: Place): Promise<RetryBooks> {
  const sizeOf = (column: string): string =>
    `(select coalesce(sum(upper(r) - lower(r)), 0) from unnest(${column}) r)`
  const [row] = await query<RetryBooks & Record<string, number>>(
    dsn,
    `select coalesce(sum(next_offset), 0)::int as next, coalesce(sum(forwarded), 0)::int as forwarded,
       coalesce(sum(dead_lettered), 0)::int as dead,
       coalesce(sum(${sizeOf('forwarded_ahead')} + ${sizeOf('dead_lettered_ahead')}), 0)::int as ahead
     from ledger where consumer_group = $1`,
    [`${group}-retries`],
  )
  assert.ok(row)
  return row
}
