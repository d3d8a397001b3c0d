import type pg from 'pg'
import type { DeadLetterEntry, DeadLettersTransaction } from '../pipeline/dead-letters-role.ts'
import type { Header } from '../pipeline/record.ts'
import { bytesColumn, int4Column, int8Column, textColumn, timestampColumn } from './binary-columns.ts'

const ARCHIVE = `
  insert into dlq (
    entry, topic, source_topic_id, source_partition, source_offset, digest, key, value, headers,
    error_type, error_message, error_stage, attempts, created_at, last_failed_at
  )
  select
    entry::uuid, topic, source_topic_id::uuid, source_partition, source_offset, digest, key, value, headers::jsonb,
    error_type, error_message, error_stage, attempts, created_at, last_failed_at
  from unnest(
    $1::text[], $2::text[], $3::text[], $4::int4[], $5::int8[], $6::bytea[], $7::bytea[], $8::bytea[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::int4[], $14::timestamptz[], $15::timestamptz[]
  ) as t (
    entry, topic, source_topic_id, source_partition, source_offset, digest, key, value, headers,
    error_type, error_message, error_stage, attempts, created_at, last_failed_at
  )
  on conflict do nothing
  returning entry`

/** Milliseconds between the epochs of Unix and of PostgreSQL. */
const POSTGRES_EPOCH_MS = 946_684_800_000

/** The writes of the dead-letter role on a transaction's connection. */
export function deadLettersTransaction(client: pg.PoolClient): DeadLettersTransaction {
  return {
    archive: async (entries) => {
      const { rows } = await client.query<{ entry: string }>({
        name: 'archive',
        text: ARCHIVE,
        values: columns(entries),
      })
      return new Set(rows.map(({ entry }) => entry))
    },
  }
}

function columns(entries: readonly DeadLetterEntry[]): Buffer[] {
  return [
    textColumn(entries, (e) => e.entry),
    textColumn(entries, (e) => e.source.topic),
    textColumn(entries, (e) => e.source.topicId),
    int4Column(entries, (e) => e.source.partition),
    int8Column(entries, (e) => e.source.offset),
    bytesColumn(entries, (e) => e.digest),
    bytesColumn(entries, (e) => e.key),
    bytesColumn(entries, (e) => e.value),
    textColumn(entries, (e) => headersToJson(e.headers)),
    textColumn(entries, (e) => clean(e.errorType)),
    textColumn(entries, (e) => clean(e.errorMessage)),
    textColumn(entries, (e) => clean(e.errorStage)),
    int4Column(entries, (e) => e.attempts),
    timestampColumn(entries, (e) => toMicroseconds(e.createdAtMs)),
    timestampColumn(entries, (e) => toMicroseconds(e.lastFailedAtMs)),
  ]
}

function toMicroseconds(ms: number): bigint {
  return BigInt(ms - POSTGRES_EPOCH_MS) * 1000n
}

const ENCODED_NAME = 'base64:'

/**
 * Header names and values as they can stand in jsonb, which holds neither U+0000 nor stray bytes: values
 * as base64, and so are names that are not clean text, marked as such. Reversible byte for byte.
 */
export function headersToJson(headers: readonly Header[]): string {
  return JSON.stringify(headers.map(([name, value]) => [headerName(name), value?.toString('base64') ?? null]))
}

function headerName(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  const faithful =
    !text.includes('\u0000') && !text.startsWith(ENCODED_NAME) && Buffer.from(text, 'utf8').equals(bytes)
  return faithful ? text : ENCODED_NAME + bytes.toString('base64')
}

/** The bytes that `headersToJson` was given. */
export function headersFromJson(headers: readonly (readonly [string, string | null])[]): Header[] {
  return headers.map(([name, value]) => [
    name.startsWith(ENCODED_NAME)
      ? Buffer.from(name.slice(ENCODED_NAME.length), 'base64')
      : Buffer.from(name, 'utf8'),
    value === null ? null : Buffer.from(value, 'base64'),
  ])
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '\u2400').toWellFormed()
}
