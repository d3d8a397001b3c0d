import type pg from 'pg'
import type { SourceCoordinates } from '../pipeline/headers.ts'
import type { WaitingRecord } from '../pipeline/orders-role.ts'

const SHOW_WAITING = `
  insert into retrying (
    source_topic_id, source_partition, source_offset, topic, order_uid, retry, not_before, first_failed_at,
    error_type, error_message
  )
  select
    source_topic_id, source_partition, source_offset, topic, order_uid, retry,
    to_timestamp(not_before_ms / 1000), to_timestamp(first_failed_at_ms / 1000), error_type, error_message
  from unnest(
    $1::uuid[], $2::int4[], $3::int8[], $4::text[], $5::text[], $6::int4[], $7::float8[], $8::float8[],
    $9::text[], $10::text[]
  ) as t (
    source_topic_id, source_partition, source_offset, topic, order_uid, retry, not_before_ms,
    first_failed_at_ms, error_type, error_message
  )
  on conflict (source_topic_id, source_partition, source_offset) do update set
    retry = excluded.retry, not_before = excluded.not_before, error_type = excluded.error_type,
    error_message = excluded.error_message, updated_at = now()`

const SHOW_NO_LONGER = `
  delete from retrying
  where (source_topic_id, source_partition, source_offset) in (
    select * from unnest($1::uuid[], $2::int4[], $3::int8[])
  )`

/** PostgreSQL takes years 1 to 9999 here; what a header said may be anything. */
const MAX_MS = 253_402_300_799_999

/** Writes what waits for its next attempt, and removes what came back, in the transaction that settles it. */
export async function showRetrying(
  client: Pick<pg.ClientBase, 'query'>,
  waiting: readonly WaitingRecord[],
  cameBack: readonly SourceCoordinates[],
): Promise<void> {
  if (cameBack.length > 0) await client.query(SHOW_NO_LONGER, coordinates(cameBack))
  if (waiting.length === 0) return
  const column = <T>(of: (record: WaitingRecord) => T): T[] => waiting.map(of)
  await client.query(SHOW_WAITING, [
    ...coordinates(column(({ source }) => source)),
    column(({ source }) => source.topic),
    column(({ orderUid }) => orderUid),
    column(({ retry }) => retry),
    column(({ notBeforeMs }) => Math.min(notBeforeMs, MAX_MS)),
    column(({ firstFailedAtMs }) => Math.min(firstFailedAtMs, MAX_MS)),
    column(({ errorType }) => errorType),
    column(({ errorMessage }) => errorMessage),
  ])
}

function coordinates(sources: readonly SourceCoordinates[]): unknown[] {
  return [
    sources.map(({ topicId }) => topicId),
    sources.map(({ partition }) => partition),
    sources.map(({ offset }) => offset),
  ]
}
