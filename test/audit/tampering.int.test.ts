import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readAudit, runAudit } from './run-audit.ts'
import { changedCopy, execute, settleRecords, type Environment } from './settled-records.ts'

const undo: (() => void | Promise<void>)[] = []
const afterwards = { after: (step: () => void | Promise<void>) => void undo.unshift(step) }
let environment: Environment

before(async () => {
  environment = await settleRecords(afterwards, 'orders,dead-letters,http')
})

after(async () => {
  for (const step of undo) await step()
})

const DELETE_ORDER_1 = ['items', 'payment', 'delivery', 'orders']
  .map((table) => `delete from ${table} where order_uid = 'order-1';`)
  .join('')

/** A copy of order-2 under another uid, with the source of order-1, so that every sum is as it was. */
const FORGE_ORDER = `
  insert into orders select 'forged', o.track_number, o.entry, o.locale, o.internal_signature, o.customer_id,
    o.delivery_service, o.shardkey, o.sm_id, o.date_created, o.oof_shard, o.content_hash, o.stored_at,
    s.source_topic_id, s.source_partition, s.source_offset
    from orders o, orders s where o.order_uid = 'order-2' and s.order_uid = 'order-1';
  insert into delivery select 'forged', name, phone, zip, city, address, region, email
    from delivery where order_uid = 'order-2';
  insert into payment select 'forged', transaction, request_id, currency, provider, amount, payment_dt, bank,
    delivery_cost, goods_total, custom_fee from payment where order_uid = 'order-2';
  insert into items select 'forged', line, chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id,
    brand, status from items where order_uid = 'order-2';`

test('an order that was deleted by hand puts the account of the orders off', async () => {
  const copy = await changedCopy(afterwards, environment, DELETE_ORDER_1)
  const { code, stdout } = await runAudit(copy)
  assert.equal(code, 1)
  assert.match(stdout, /✗ orders +expected 40, found 39/)
  assert.match(stdout, /\nNOT BALANCED: orders\n$/)
})

test('one order deleted and another inserted: the sums are right, and a deep audit names both', async () => {
  const copy = await changedCopy(afterwards, environment, FORGE_ORDER + DELETE_ORDER_1)
  assert.equal((await runAudit(copy)).code, 0)
  const { code, off, identities } = await readAudit(copy, '--deep')
  assert.deepEqual([code, off], [1, ['identities']])
  const named = identities?.findings.map(({ kind, uid }) => `${kind} ${uid}`).toSorted()
  // The hash that was copied with it is of an order with another uid.
  assert.deepEqual(named, [
    'order_altered forged',
    'order_without_record forged',
    'record_without_outcome order-1',
  ])
})

test('every table that was changed by hand is named by a deep audit', async () => {
  const copy = await changedCopy(
    afterwards,
    environment,
    `
    update items set price = price + 1 where order_uid = 'order-5';
    update payment set bank = 'other' where order_uid = 'order-6';
    update delivery set city = 'other' where order_uid = 'order-7';
    update orders set locale = 'ru' where order_uid = 'order-8';
    update orders set content_hash = '\\x01' || sha256('') where order_uid = 'order-9';
    update orders set source_offset = 1000000 where order_uid = 'order-10';`,
  )
  const { code, identities } = await readAudit(copy, '--deep')
  assert.equal(code, 1)
  assert.deepEqual(identities?.findings.map(({ kind, uid }) => `${kind} ${uid}`).toSorted(), [
    'order_altered order-5',
    'order_altered order-6',
    'order_altered order-7',
    'order_altered order-8',
    'order_altered order-9',
    'order_differs_from_record order-9',
    'order_without_record order-10',
  ])
})

test('an order that is not whole is counted without reading anything again', async () => {
  const copy = await changedCopy(
    afterwards,
    environment,
    `
    set session_replication_role = replica; -- no foreign key would let an order lose its parts
    delete from delivery where order_uid = 'order-1';
    update items set line = 2 where order_uid = 'order-2';
    insert into payment select 'nobody', transaction, request_id, currency, provider, amount, payment_dt, bank,
      delivery_cost, goods_total, custom_fee from payment where order_uid = 'order-3';`,
  )
  const { code, off, accounts } = await readAudit(copy)
  assert.deepEqual([code, off], [1, ['whole-orders']])
  const { explanation = '' } = accounts.find(({ name }) => name === 'whole-orders') ?? {}
  assert.match(explanation, /1 without delivery \("order-1"\)/)
  assert.match(explanation, /1 with a gap in the lines of their items \("order-2"\)/)
  assert.match(explanation, /1 missing, but their payment is there \("nobody"\)/)
})

test('a dead letter that was deleted puts its account off, and a deep audit names it', async () => {
  const copy = await changedCopy(afterwards, environment, `delete from dlq where value = 'not JSON'`)
  const { code, off, identities } = await readAudit(copy, '--deep')
  assert.deepEqual([code, off], [1, ['dead-letters', 'identities']])
  assert.deepEqual(
    identities?.findings.map(({ kind, topic: name }) => [kind, name]),
    [['dead_letter_not_archived', environment['DLQ_TOPIC']]],
  )
})

test('a dead letter whose bytes were changed is named by a deep audit', async () => {
  const copy = await changedCopy(
    afterwards,
    environment,
    `
    update dlq set value = '{ }' where value = '{}';
    update dlq set headers = '[["a", "Yw=="]]' where value = 'not JSON'`,
  )
  const { identities } = await readAudit(copy, '--deep')
  assert.deepEqual(
    identities?.findings.map(({ kind }) => kind),
    ['dead_letter_altered', 'dead_letter_altered'],
  )
})

test('expired records fail an audit until somebody acknowledges them with a reason', async () => {
  const copy = await changedCopy(
    afterwards,
    environment,
    `update ledger set expired = 3, origin = origin - 3 where stored > 0`,
  )
  const unacknowledged = await readAudit(copy)
  assert.deepEqual([unacknowledged.code, unacknowledged.off], [1, ['expired']])

  const { code, stderr } = await runAudit(copy, '--acknowledge-expired', 'retention was 1 h by mistake')
  assert.equal(code, 0)
  assert.match(stderr, /acknowledged 6 expired records/)
  const rows = await execute<{ action: string; reason: string; has_actor: boolean; before: object[] }>(
    copy.DB_DSN,
    `select action, reason, actor <> '' as has_actor, before from audit_log`,
  )
  assert.deepEqual(
    rows.map((row) => [row.action, row.reason, row.has_actor, row.before.length]),
    [['acknowledge_expired', 'retention was 1 h by mistake', true, 2]],
  )
  assert.match((await runAudit(copy, '--acknowledge-expired', 'again')).stderr, /no expired records/)
})
