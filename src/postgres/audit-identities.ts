import type pg from 'pg'
import { CANONICAL_VERSION } from '../order/content-hash.ts'
import type { Header } from '../pipeline/record.ts'
import { headersFromJson } from './dead-letters.ts'
import { readStoredOrder } from './stored-orders.ts'
import { RowCursor } from './row-cursor.ts'

/** Where a row says that it came from. */
export interface Source {
  readonly topicId: string
  readonly partition: number
  readonly offset: number
}

export interface OrderIdentity extends Source {
  readonly uid: string
  readonly contentHash: Buffer
}

export interface DeadLetterIdentity extends Source {
  readonly digest: Buffer
}

export interface StoredDeadLetter extends DeadLetterIdentity {
  readonly id: number
  readonly entry: string
  readonly topic: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

export interface OrdersToDoubt {
  /** Orders that were looked at; 0 when there are no more. */
  readonly count: number
  /** The last one's uid, to go on from. */
  readonly last: string
  readonly doubtful: readonly { readonly uid: string; readonly contentHash: Buffer }[]
}

/** Questions about single rows. All of them are answered in parts that are bounded in memory. */
export interface IdentityQueries {
  /** In the order of topic id, partition and offset. One at a time. */
  ordersBySource(): Promise<RowCursor<OrderIdentity>>
  /** In the order of topic id, partition and offset. One at a time. */
  deadLettersBySource(): Promise<RowCursor<DeadLetterIdentity>>
  /** Content hashes of those that are stored. */
  contentHashes(uids: readonly string[]): Promise<Map<string, Buffer>>
  /** Undefined when there is no such order, or it is not whole. */
  canonicalOrder(uid: string): Promise<Buffer | undefined>
  /**
   * The next orders by uid, and which of them are not proven to be as they were when they were stored.
   * The server hashes the content of all four tables itself, so that those that are well need not travel;
   * about the others `canonicalOrder` decides.
   */
  ordersToDoubt(after: string | undefined): Promise<OrdersToDoubt>
  /** The next dead letters by id, whole: about 4 MiB, at least one; none when there are no more. */
  deadLettersAfter(id: number): Promise<StoredDeadLetter[]>
  /** Those of the digests that are digests of dead letters, whatever their source. In hexadecimal. */
  deadDigests(digests: readonly Buffer[]): Promise<Set<string>>
  /** Those of the entries that are archived. */
  archivedEntries(entries: readonly string[]): Promise<Set<string>>
}

const ORDERS_BY_SOURCE = `
  select source_topic_id, source_partition, source_offset, order_uid, content_hash
  from orders
  order by source_topic_id, source_partition, source_offset`
const DEAD_LETTERS_BY_SOURCE = `
  select source_topic_id, source_partition, source_offset, digest
  from dlq
  order by source_topic_id, source_partition, source_offset`
const CONTENT_HASHES = 'select order_uid, content_hash from orders where order_uid = any ($1::text[])'
const DEAD_DIGESTS =
  "select distinct encode(digest, 'hex') as digest from dlq where digest = any ($1::bytea[])"
const ARCHIVED = 'select entry from dlq where entry = any ($1::uuid[])'

/** `row_to_json` writes no white space and escapes as `JSON.stringify` does, so this is the canonical form. */
const DOUBTFUL_ORDERS = `
  with chunk as materialized (
    select * from orders where $1::text is null or order_uid > $1 order by order_uid limit $2
  )
  select
    (select count(*) from chunk) as count,
    (select max(order_uid) from chunk) as last,
    (
      select coalesce(json_agg(json_build_array(o.order_uid, encode(o.content_hash, 'hex'))), '[]')
      from chunk o
      cross join lateral (
        select row_to_json(canonical) as json from (select
          o.order_uid, o.track_number, o.entry,
          (select row_to_json(r) from (
            select name, phone, zip, city, address, region, email
            from delivery d where d.order_uid = o.order_uid) r) as delivery,
          (select row_to_json(r) from (
            select transaction, request_id, currency, provider, amount, payment_dt, bank, delivery_cost,
              goods_total, custom_fee
            from payment p where p.order_uid = o.order_uid) r) as payment,
          (select array_to_json(array_agg(row_to_json(r) order by i.line))
            from items i cross join lateral (select
              i.chrt_id, i.track_number, i.price, i.rid, i.name, i.sale, i.size, i.total_price, i.nm_id, i.brand,
              i.status) r
            where i.order_uid = o.order_uid) as items,
          o.locale, o.internal_signature, o.customer_id, o.delivery_service, o.shardkey, o.sm_id,
          rtrim(rtrim(to_char(o.date_created at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'
            as date_created,
          o.oof_shard
        ) canonical
      ) form
      where o.content_hash is distinct from $3::bytea || sha256(convert_to(form.json::text, 'UTF8'))
    ) as doubtful`
const CHUNK_ORDERS = 2_000

const DEAD_LETTERS_AFTER = `
  select id, entry, topic, source_topic_id, source_partition, source_offset, digest, key, value, headers
  from (
    select *, sum(bytes) over (order by id) - bytes as bytes_before
    from (
      select *, coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) + octet_length(headers::text) as bytes
      from dlq
      where id > $1
      order by id
      limit 500
    ) next
  ) measured
  where bytes_before < 4194304
  order by id`

interface SourceColumns {
  source_topic_id: string
  source_partition: number
  source_offset: string
}

interface OrderColumns extends SourceColumns {
  order_uid: string
  content_hash: Buffer
}

export function identityQueries(client: pg.Client): IdentityQueries {
  return {
    ordersBySource: () =>
      RowCursor.open(client, 'orders_by_source', ORDERS_BY_SOURCE, async (fetch) => {
        const { rows } = await client.query<OrderColumns>(fetch)
        return rows.map((row) => ({ ...toSource(row), uid: row.order_uid, contentHash: row.content_hash }))
      }),
    deadLettersBySource: () =>
      RowCursor.open(client, 'dead_letters_by_source', DEAD_LETTERS_BY_SOURCE, async (fetch) => {
        const { rows } = await client.query<SourceColumns & { digest: Buffer }>(fetch)
        return rows.map((row) => ({ ...toSource(row), digest: row.digest }))
      }),
    contentHashes: async (uids) => {
      const { rows } = await client.query<{ order_uid: string; content_hash: Buffer }>(CONTENT_HASHES, [uids])
      return new Map(rows.map((row) => [row.order_uid, row.content_hash]))
    },
    canonicalOrder: (uid) => readStoredOrder(client, uid),
    ordersToDoubt: (after) => findOrdersToDoubt(client, after),
    deadLettersAfter: (id) => readDeadLetters(client, id),
    deadDigests: async (digests) => {
      const { rows } = await client.query<{ digest: string }>(DEAD_DIGESTS, [digests])
      return new Set(rows.map(({ digest }) => digest))
    },
    archivedEntries: async (entries) => {
      const { rows } = await client.query<{ entry: string }>(ARCHIVED, [entries])
      return new Set(rows.map(({ entry }) => entry))
    },
  }
}

function toSource(row: SourceColumns): Source {
  return {
    topicId: row.source_topic_id,
    partition: row.source_partition,
    offset: Number(row.source_offset),
  }
}

async function findOrdersToDoubt(client: pg.Client, after: string | undefined): Promise<OrdersToDoubt> {
  const { rows } = await client.query<{ count: string; last: string | null; doubtful: [string, string][] }>(
    DOUBTFUL_ORDERS,
    [after, CHUNK_ORDERS, Buffer.of(CANONICAL_VERSION)],
  )
  const row = rows[0]
  return {
    count: Number(row?.count ?? 0),
    last: row?.last ?? '',
    doubtful: (row?.doubtful ?? []).map(([uid, hash]) => ({ uid, contentHash: Buffer.from(hash, 'hex') })),
  }
}

interface DeadLetterRow extends SourceColumns {
  id: string
  entry: string
  topic: string
  digest: Buffer
  key: Buffer | null
  value: Buffer | null
  headers: [string, string | null][]
}

async function readDeadLetters(client: pg.Client, afterId: number): Promise<StoredDeadLetter[]> {
  const { rows } = await client.query<DeadLetterRow>(DEAD_LETTERS_AFTER, [afterId])
  return rows.map((row) => ({
    ...toSource(row),
    id: Number(row.id),
    entry: row.entry,
    topic: row.topic,
    digest: row.digest,
    key: row.key,
    value: row.value,
    headers: headersFromJson(row.headers),
  }))
}
