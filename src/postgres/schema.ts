import type pg from 'pg'

/** Columns that the statements of this version use, by table, as PostgreSQL names their types. */
const SCHEMA: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  orders: {
    ...text(
      'order_uid track_number entry locale internal_signature customer_id delivery_service shardkey oof_shard',
    ),
    ...columns('bigint', 'sm_id source_offset'),
    ...columns('timestamp with time zone', 'date_created stored_at'),
    content_hash: 'bytea',
    source_topic_id: 'uuid',
    source_partition: 'integer',
  },
  delivery: text('order_uid name phone zip city address region email'),
  payment: {
    ...text('order_uid transaction request_id currency provider bank'),
    ...columns('bigint', 'amount payment_dt delivery_cost goods_total custom_fee'),
  },
  items: {
    ...text('order_uid track_number rid name size brand'),
    ...columns('bigint', 'chrt_id price sale total_price nm_id status'),
    line: 'integer',
  },
  ledger: {
    ...text('consumer_group topic written_by'),
    topic_id: 'uuid',
    ...columns('integer', 'partition last_leader_epoch'),
    ...columns(
      'bigint',
      'origin next_offset stored duplicates retried dead_lettered forwarded archived reopened',
    ),
    ...columns(
      'bigint',
      'expired absent skipped rewound expired_acknowledged last_timestamp_ms seen_end version',
    ),
    ...columns('int8multirange', 'forwarded_ahead dead_lettered_ahead'),
    updated_at: 'timestamp with time zone',
  },
  dlq: {
    ...columns('bigint', 'id source_offset'),
    ...columns('uuid', 'entry source_topic_id'),
    ...columns('bytea', 'key value digest'),
    ...columns('integer', 'source_partition attempts'),
    ...columns('timestamp with time zone', 'created_at last_failed_at archived_at'),
    ...text('topic error_type error_message error_stage status resolution'),
    headers: 'jsonb',
  },
  retrying: {
    ...text('topic order_uid error_type error_message'),
    source_topic_id: 'uuid',
    ...columns('integer', 'source_partition retry'),
    source_offset: 'bigint',
    ...columns('timestamp with time zone', 'not_before first_failed_at updated_at'),
  },
  replays: {
    ...columns('uuid', 'token entry'),
    digest: 'bytea',
    ...text('status created_by'),
    ...columns('timestamp with time zone', 'created_at updated_at'),
  },
  audit_log: {
    id: 'bigint',
    at: 'timestamp with time zone',
    ...text('actor action subject reason'),
    ...columns('jsonb', 'before after'),
  },
}

/** Every table that Sluice owns, besides the list of its migrations. */
export const TABLES: readonly string[] = Object.keys(SCHEMA)

function columns(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]))
}

function text(names: string): Record<string, string> {
  return columns('text', names)
}

/** What is missing or of another type; more columns than ours are fine. */
export async function compareSchema(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(
    `select t.name as table, a.attname as column, format_type(a.atttypid, null) as type
     from unnest($1::text[]) as t (name)
     join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped`,
    [TABLES],
  )
  const found = new Map(rows.map(({ table, column, type }) => [`${table}.${column}`, type]))
  const differences: string[] = []
  for (const [table, wanted] of Object.entries(SCHEMA)) {
    if (!rows.some((row) => row.table === table)) differences.push(`table ${table} is missing`)
    else {
      for (const [column, type] of Object.entries(wanted)) {
        const actual = found.get(`${table}.${column}`)
        if (actual === undefined) differences.push(`column ${table}.${column} is missing`)
        else if (actual !== type) differences.push(`column ${table}.${column} is ${actual}, not ${type}`)
      }
    }
  }
  return differences
}
