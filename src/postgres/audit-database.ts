import { Client } from 'pg'
import type { LedgerColumn } from '../pipeline/ledger.ts'
import type { OffsetRange } from '../pipeline/settled-offsets.ts'
import { identityQueries, type IdentityQueries } from './audit-identities.ts'
import { COUNTED, countsOf } from './ledger-columns.ts'
import { fromMultirange } from './multirange.ts'

/** A row of the ledger with everything that an audit looks at. */
export interface LedgerEntry {
  readonly consumerGroup: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly origin: number
  readonly nextOffset: number
  readonly counts: Readonly<Record<LedgerColumn, number>>
  /** Settled already at or above `nextOffset`, and counted when the books pass it. Only retries have any. */
  readonly ahead: readonly OffsetRange[]
  readonly expiredAcknowledged: number
  /** Log end when the row was last written. */
  readonly seenEnd: number
  readonly version: number
}

/** What is wrong with the rows of an order, how often, and one of the uids. */
export interface BrokenOrders {
  readonly problem: string
  readonly count: number
  readonly example: string
}

/** Offsets that an operator passed over, as the audit log has them. */
export interface SkippedRange {
  readonly topicId: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

export interface TableCounts {
  readonly orders: number
  readonly deadLetters: number
}

/** The database as it was at one moment, whatever is written meanwhile. */
export interface AuditSnapshot extends IdentityQueries, AsyncDisposable {
  ledger(): Promise<LedgerEntry[]>
  counts(): Promise<TableCounts>
  /** Orders that are not whole: a part is missing, or is there without its order. Empty when all is well. */
  brokenOrders(): Promise<BrokenOrders[]>
  skippedRanges(): Promise<SkippedRange[]>
  /** The same moment on another connection, so that both can be busy. Must be disposed before this one. */
  alongside(): Promise<AuditSnapshot>
}

export interface AuditDatabase extends AsyncDisposable {
  ledger(): Promise<LedgerEntry[]>
  snapshot(): Promise<AuditSnapshot>
  /**
   * Marks all expired records as looked at, and writes down who did and why. Returns how many records
   * were acknowledged now; with none, nothing is written.
   */
  acknowledgeExpired(actor: string, reason: string): Promise<number>
}

const READ_LEDGER = `
  select consumer_group, topic, topic_id, partition, origin, next_offset, seen_end, version, expired_acknowledged,
    -- Without a fingerprint nobody believes it: an operator moved the position.
    case when last_leader_epoch is null then '{}'
      else (forwarded_ahead + dead_lettered_ahead) * int8multirange(int8range(next_offset, null)) end as ahead,
    ${COUNTED.join(', ')}
  from ledger
  order by topic, topic_id, consumer_group, partition`

const COUNT_TABLES =
  'select (select count(*) from orders) as orders, (select count(*) from dlq) as dead_letters'

const BROKEN_ORDERS = `
  select 'without delivery' as problem, count(*), min(order_uid) as example
  from orders o where not exists (select from delivery d where d.order_uid = o.order_uid)
  union all
  select 'without payment', count(*), min(order_uid)
  from orders o where not exists (select from payment p where p.order_uid = o.order_uid)
  union all
  select 'without items', count(*), min(order_uid)
  from orders o where not exists (select from items i where i.order_uid = o.order_uid)
  union all
  select 'with a gap in the lines of their items', count(*), min(order_uid)
  from (select order_uid from items group by order_uid having min(line) <> 1 or max(line) <> count(*)) gaps
  union all
  select 'missing, but their delivery is there', count(*), min(order_uid)
  from delivery d where not exists (select from orders o where o.order_uid = d.order_uid)
  union all
  select 'missing, but their payment is there', count(*), min(order_uid)
  from payment p where not exists (select from orders o where o.order_uid = p.order_uid)
  union all
  select 'missing, but their items are there', count(distinct order_uid), min(order_uid)
  from items i where not exists (select from orders o where o.order_uid = i.order_uid)`

const SKIPPED_RANGES = `
  select after ->> 'topic_id' as topic_id, (after ->> 'partition')::int as partition,
    (before ->> 'next_offset')::bigint as passed_from, (after ->> 'next_offset')::bigint as passed_to
  from audit_log
  where action = 'skip' and before is not null`

/** The ledger's rows are locked in the order that everybody locks them in; the service may run meanwhile. */
const ACKNOWLEDGE = `
  with owed as (
    select consumer_group, topic_id, partition, topic, expired, expired_acknowledged
    from ledger
    where expired > expired_acknowledged
    order by consumer_group, topic_id, partition
    for update
  ), done as (
    update ledger set expired_acknowledged = owed.expired
    from owed
    where ledger.consumer_group = owed.consumer_group and ledger.topic_id = owed.topic_id
      and ledger.partition = owed.partition
  )
  insert into audit_log (actor, action, subject, reason, before, after)
  select $1, 'acknowledge_expired', 'ledger', $2,
    jsonb_agg(jsonb_build_object('consumer_group', consumer_group, 'topic', topic, 'topic_id', topic_id,
      'partition', partition, 'expired_acknowledged', expired_acknowledged)),
    jsonb_agg(jsonb_build_object('consumer_group', consumer_group, 'topic', topic, 'topic_id', topic_id,
      'partition', partition, 'expired_acknowledged', expired))
  from owed
  having count(*) > 0
  returning (select sum(expired - expired_acknowledged) from owed) as records`

/** An audit reads for as long as it takes; whatever limits the server sets for others must not end it. */
const WITHOUT_LIMITS = `
  select set_config(name, case name when 'work_mem' then '64MB' else '0' end, true)
  from pg_settings
  where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout', 'work_mem')`

/** Connects; rejects when the database can't be reached. */
export async function openAuditDatabase(dsn: string): Promise<AuditDatabase> {
  const client = await connect(dsn)
  return {
    ledger: () => readLedger(client),
    snapshot: () => openSnapshot(dsn, undefined),
    acknowledgeExpired: async (actor, reason) => {
      const { rows } = await client.query<{ records: string }>(ACKNOWLEDGE, [actor, reason])
      return Number(rows[0]?.records ?? 0)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function connect(dsn: string): Promise<Client> {
  const client = new Client({
    connectionString: dsn,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    // A cursor fetches its next rows while the ones before are looked up.
    pipeline: true,
    application_name: 'sluice-audit',
  })
  // The query that is under way rejects; without a listener the event would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function openSnapshot(dsn: string, exported: string | undefined): Promise<AuditSnapshot> {
  const client = await connect(dsn)
  try {
    await client.query('begin isolation level repeatable read read only')
    if (exported !== undefined) await client.query(`set transaction snapshot '${exported}'`)
    await client.query(WITHOUT_LIMITS)
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    ...identityQueries(client),
    ledger: () => readLedger(client),
    counts: () => countTables(client),
    brokenOrders: () => findBrokenOrders(client),
    skippedRanges: () => readSkippedRanges(client),
    alongside: async () => {
      const { rows } = await client.query<{ name: string }>('select pg_export_snapshot() as name')
      return openSnapshot(dsn, rows[0]?.name)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

type Columns = Record<
  'consumer_group' | 'topic' | 'topic_id' | 'origin' | 'next_offset' | 'seen_end' | 'version' | 'ahead',
  string
> &
  Record<LedgerColumn | 'expired_acknowledged', string> & { partition: number }

async function readLedger(client: Client): Promise<LedgerEntry[]> {
  const { rows } = await client.query<Columns>(READ_LEDGER)
  return rows.map((row) => ({
    consumerGroup: row.consumer_group,
    topic: row.topic,
    topicId: row.topic_id,
    partition: row.partition,
    origin: Number(row.origin),
    nextOffset: Number(row.next_offset),
    counts: countsOf(row),
    ahead: fromMultirange(row.ahead),
    expiredAcknowledged: Number(row.expired_acknowledged),
    seenEnd: Number(row.seen_end),
    version: Number(row.version),
  }))
}

async function countTables(client: Client): Promise<TableCounts> {
  const { rows } = await client.query<{ orders: string; dead_letters: string }>(COUNT_TABLES)
  return { orders: Number(rows[0]?.orders), deadLetters: Number(rows[0]?.dead_letters) }
}

async function findBrokenOrders(client: Client): Promise<BrokenOrders[]> {
  const { rows } = await client.query<{ problem: string; count: string; example: string | null }>(
    BROKEN_ORDERS,
  )
  return rows.flatMap(({ problem, count, example }) =>
    example === null ? [] : [{ problem, count: Number(count), example }],
  )
}

async function readSkippedRanges(client: Client): Promise<SkippedRange[]> {
  const { rows } = await client.query<{
    topic_id: string
    partition: number
    passed_from: string
    passed_to: string
  }>(SKIPPED_RANGES)
  return rows.map(({ topic_id: topicId, partition, passed_from: from, passed_to: to }) => ({
    topicId,
    partition,
    from: Number(from),
    to: Number(to),
  }))
}
