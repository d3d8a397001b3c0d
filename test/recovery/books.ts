import assert from 'node:assert/strict'
import { runAudit } from '../../chaos/checker/audit-command.ts'
import { lagOf as lagOnSite } from '../../chaos/checker/settled.ts'
import { lookAtMotion } from '../../chaos/checker/site.ts'
import type { LoadRecord } from '../../src/producer/records.ts'
import { waitUntil } from '../stack-under-test.ts'
import { query, siteOf, type Place } from './place.ts'

const COLUMNS = [
  'stored',
  'duplicates',
  'retried',
  'dead_lettered',
  'archived',
  'expired',
  'absent',
  'skipped',
  'rewound',
] as const

/** Sums of the ledger over all partitions and topic ids of one consumer group. */
export type Sums = Readonly<Record<(typeof COLUMNS)[number], number>>

export async function sumsOf({ dsn }: Place, group: string): Promise<Sums> {
  const sums = COLUMNS.map((column) => `coalesce(sum(${column}), 0)::int as ${column}`).join(', ')
  const [row] = await query<Sums>(dsn, `select ${sums} from ledger where consumer_group = $1`, [group])
  if (row === undefined) throw new Error('a sum without a group by always has a row')
  return row
}

/** The whole ledger, without the times at which it was written. */
export async function ledgerOf({ dsn }: Place): Promise<Record<string, unknown>[]> {
  return await query(
    dsn,
    `select consumer_group, topic_id, partition, origin, next_offset, ${COLUMNS.join(', ')}
     from ledger order by consumer_group, topic_id, partition`,
  )
}

export async function storedUids({ dsn }: Place): Promise<Set<string>> {
  const rows = await query<{ order_uid: string }>(dsn, 'select order_uid from orders')
  return new Set(rows.map((row) => row.order_uid))
}

/** How far the books of orders have come, over all partitions; rises with each batch. */
export async function progressOf({ dsn, group }: Place): Promise<number> {
  const [row] = await query<{ sum: number }>(
    dsn,
    'select coalesce(sum(next_offset), 0)::int as sum from ledger where consumer_group = $1',
    [group],
  )
  return row?.sum ?? 0
}

/** Waits until the books of all roles stand at the end of each partition, and nothing moves any more. */
export async function waitUntilSettled(place: Place, deadlineMs = 30_000): Promise<void> {
  let before = -1
  await waitUntil(
    async () => {
      const { lag, mark } = await lookAtMotion(siteOf(place))
      // What one role sends is read by another, which may have been looked at before: so two looks.
      const still = lag === 0 && mark === before
      before = lag === 0 ? mark : -1
      return still
    },
    { deadlineMs, what: 'everything is settled' },
  )
}

/** A record that waits for its retry is part of it. */
export async function lagOf(place: Place): Promise<number> {
  return await lagOnSite(siteOf(place))
}

/**
 * Compares the producer's own list with what is stored, by identity: every acknowledged record is an order, a
 * duplicate of one, or a dead letter, and nothing is there that was not produced. Everything must be settled.
 */
export async function expectEachAccountedFor(
  place: Place,
  acknowledged: readonly LoadRecord[],
): Promise<void> {
  const wanted = { orders: new Set<string>(), deadLetters: new Map<string, number>() }
  for (const { kind, uid = '' } of acknowledged) {
    if (kind === 'valid') wanted.orders.add(uid)
    else if (kind !== 'duplicate') wanted.deadLetters.set(uid, (wanted.deadLetters.get(uid) ?? 0) + 1)
  }
  const stored = await storedUids(place)
  const rows = await query<{ uid: string; count: number }>(
    place.dsn,
    `select convert_from(key, 'UTF8') as uid, count(*)::int as count from dlq group by key`,
  )
  const archived = new Map(rows.map(({ uid, count }) => [uid, count]))
  const letters = [...wanted.deadLetters]
  assert.deepEqual(
    {
      missing: [...wanted.orders.difference(stored)].slice(0, 5),
      invented: [...stored.difference(wanted.orders)].slice(0, 5),
      missingDeadLetters: letters.filter(([uid, count]) => archived.get(uid) !== count).slice(0, 5),
      inventedDeadLetters: rows.filter(({ uid }) => !wanted.deadLetters.has(uid)).slice(0, 5),
    },
    { missing: [], invented: [], missingDeadLetters: [], inventedDeadLetters: [] },
  )
  await expectWholeOrders(place, stored.size)
}

/** G2: none of an order's parts is missing or there twice; and the books say as much. */
async function expectWholeOrders(place: Place, orders: number): Promise<void> {
  const [counts] = await query(
    place.dsn,
    `select
       (select count(*)::int from delivery join orders using (order_uid)) as deliveries,
       (select count(*)::int from payment join orders using (order_uid)) as payments,
       (select count(distinct order_uid)::int from items join orders using (order_uid)) as "withItems",
       (select count(*)::int from delivery) as "allDeliveries",
       (select coalesce(sum(stored), 0)::int from ledger) as stored,
       (select count(*)::int from dlq) - (select coalesce(sum(archived), 0)::int from ledger) as "notBooked"`,
  )
  assert.deepEqual(counts, {
    deliveries: orders,
    payments: orders,
    withItems: orders,
    allDeliveries: orders,
    stored: orders,
    notBooked: 0,
  })
}

export interface Audit {
  readonly exitCode: number
  readonly output: string
}

export async function audit({ environment }: Place, ...args: readonly string[]): Promise<Audit> {
  const { code, stdout, stderr } = await runAudit(environment, ...args)
  return { exitCode: code, output: stdout + stderr }
}

export async function expectBalanced(place: Place): Promise<void> {
  const { exitCode, output } = await audit(place, '--settled', '--deep')
  assert.equal(exitCode, 0, output)
}
