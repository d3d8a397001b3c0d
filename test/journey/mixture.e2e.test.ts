import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readAudit } from '../audit/run-audit.ts'
import { progressOf, sumsOf, waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { runCommand } from './run-command.ts'

/** By hand also 100,000 and more: RECORDS=100000 node --test … */
const RECORDS = Number(process.env['RECORDS'] ?? 20_000)

const place = await placeOnSharedStack({ after })
const service = await startServiceProcess({ after }, place.environment)
let acknowledged = { valid: 0, invalid: 0, duplicate: 0, conflict: 0, total: 0 }

before(async () => {
  const shares = ['--invalid', '0.01', '--duplicate', '0.01', '--conflict', '0.001']
  const args = ['--count', String(RECORDS), ...shares, '--seed', place.orders, '--json']
  const { code, stdout, stderr } = await runCommand('produce', args, place.environment)
  assert.equal(code, 0, stderr)
  ;({ acknowledged } = JSON.parse(stdout) as { acknowledged: typeof acknowledged })
  await waitUntilSettled(place, 60_000 + RECORDS)
})

/** The tables that hold an order; whoever deletes one by hand does so in all of them. */
const TABLES = ['items', 'payment', 'delivery', 'orders']

async function deleteOrder(uid: string): Promise<void> {
  for (const table of TABLES) await query(place.dsn, `delete from ${table} where order_uid = $1`, [uid])
}

/** Inserts what nobody produced: the content of another order, under a uid of its own. */
async function insertOrder(uid: string, model: string): Promise<void> {
  for (const table of TABLES.toReversed())
    await query(
      place.dsn,
      `insert into ${table}
       select (jsonb_populate_record(row, jsonb_build_object('order_uid', $1::text))).*
       from ${table} row where order_uid = $2`,
      [uid, model],
    )
}

test('tables, dead letters and ledger hold what the producer says was acknowledged, kind by kind', async () => {
  const { valid, invalid, duplicate, conflict, total } = acknowledged
  const share = (part: number): number => Math.round(RECORDS * part)
  assert.deepEqual(
    { total, invalid, duplicate, conflict },
    { total: RECORDS, invalid: share(0.01), duplicate: share(0.01), conflict: share(0.001) },
  )
  const [tables] = await query(
    place.dsn,
    `select (select count(*)::int from orders) as orders, (select count(*)::int from delivery) as deliveries,
       (select count(*)::int from payment) as payments, (select count(distinct order_uid)::int from items) as items,
       (select count(*)::int from dlq) as dlq, (select count(*)::int from dlq where error_type = 'conflict') as conflicts`,
  )
  const dlq = invalid + conflict
  assert.deepEqual(tables, {
    orders: valid,
    deliveries: valid,
    payments: valid,
    items: valid,
    dlq,
    conflicts: conflict,
  })
  const none = { retried: 0, expired: 0, absent: 0, skipped: 0, rewound: 0 }
  assert.deepEqual(await sumsOf(place, place.group), {
    ...none,
    stored: valid,
    duplicates: duplicate,
    dead_lettered: dlq,
    archived: 0,
  })
  assert.deepEqual(await sumsOf(place, `${place.group}-dead-letters`), {
    ...none,
    stored: 0,
    duplicates: 0,
    dead_lettered: 0,
    archived: dlq,
  })
  assert.equal(await progressOf(place), RECORDS)
})

test('so do the metrics', async () => {
  const { valid, invalid, duplicate, conflict } = acknowledged
  const expected = [
    ['orders_processed_total', '', valid],
    ['orders_dlq_total', '', invalid + conflict],
    ['orders_retry_total', '', 0],
    ['orders_errors_total', '', invalid + conflict],
    ['orders_errors_total', 'type="conflict"', conflict],
    ['orders_records_total', 'outcome="stored"', valid],
    ['orders_records_total', 'outcome="duplicates"', duplicate],
    ['orders_records_total', 'outcome="dead_lettered"', invalid + conflict],
    ['orders_records_total', 'outcome="archived"', invalid + conflict],
    ['order_processing_seconds_count', '', RECORDS + invalid + conflict],
    ['orders_unaccounted_records', '', 0],
    ['orders_lag_records', '', 0],
    ['orders_held_partitions', '', 0],
  ] as const
  // Counted right after the commit that the books were read behind.
  await waitUntil(
    async () => (await service.metric('orders_records_total')) === RECORDS + invalid + conflict,
    { deadlineMs: 5_000, what: 'everything is counted' },
  )
  for (const [name, labels, value] of expected)
    assert.equal(await service.metric(name, labels), value, `${name} ${labels}`)
})

test('the books balance, also record by record', async () => {
  const shallow = await readAudit(place.environment, '--settled')
  assert.deepEqual([shallow.code, shallow.off], [0, []])
  const deep = await readAudit(place.environment, '--settled', '--deep')
  assert.deepEqual([deep.code, deep.off, deep.identities?.findings], [0, [], []])
  const { valid: orders, invalid, conflict } = acknowledged
  assert.deepEqual(deep.identities?.checked, { records: RECORDS, orders, deadLetters: invalid + conflict })
})

test('one order that is deleted by hand puts an account off, and one put in its place is found by name', async () => {
  const [victim, model] = await query<{ uid: string }>(
    place.dsn,
    'select order_uid as uid from orders order by md5(order_uid) limit 2',
  )
  assert.ok(victim && model)
  await deleteOrder(victim.uid)
  const { code, stdout } = await runCommand('audit', [], place.environment)
  assert.equal(code, 1)
  assert.match(stdout, /^NOT BALANCED: orders$/m)

  await insertOrder('put-in-its-place', model.uid)
  assert.equal((await readAudit(place.environment)).code, 0)
  const deep = await readAudit(place.environment, '--deep')
  assert.deepEqual([deep.code, deep.off], [1, ['identities']])
  const named = new Set(deep.identities?.findings.map(({ uid }) => uid))
  assert.deepEqual(named, new Set([victim.uid, 'put-in-its-place']))
})
