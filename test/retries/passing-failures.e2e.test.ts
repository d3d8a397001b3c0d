import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  expectBalanced,
  expectEachAccountedFor,
  storedUids,
  sumsOf,
  waitUntilSettled,
} from '../recovery/books.ts'
import { startLoad } from '../recovery/load.ts'
import { placeOnSharedStack, query, type Place } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { readOrders, retryBooks } from './retry-topic.ts'

const RATE = 300
/** The last digit of their numbers: one order in five. */
const UNLUCKY = /[05]$/

/** From now on, some orders fail as if another transaction were in the way of each. */
async function failSome({ dsn }: Place): Promise<void> {
  await query(
    dsn,
    `create function in_the_way() returns trigger language plpgsql as
       $$ begin raise exception 'could not serialize access' using errcode = '40001'; end $$;
     create trigger in_the_way before insert on orders for each row
       when (new.order_uid ~ '${UNLUCKY.source}') execute function in_the_way()`,
  )
}

async function waitingNow({ dsn }: Place): Promise<number> {
  const [row] = await query<{ count: number }>(dsn, 'select count(*)::int as count from retrying')
  return row?.count ?? 0
}

test('orders that fail in passing for some seconds wait, come back and are stored; others flow meanwhile', async (context) => {
  const place = await placeOnSharedStack(context)
  const environment = { ...place.environment, RETRY_BASE_MS: '400', RETRY_CAP_MS: '2000' }
  const service = await startServiceProcess(context, environment)
  await failSome(place)
  const load = startLoad(context, place, { seed: place.orders, rate: RATE })
  await waitUntil(async () => (await waitingNow(place)) > 50, { deadlineMs: 10_000, what: 'some wait' })
  const before = await storedUids(place)
  const others = async (): Promise<number> => (await storedUids(place)).size - before.size
  await waitUntil(async () => (await others()) > 2 * RATE, {
    deadlineMs: 30_000,
    what: 'others flow meanwhile',
  })
  const during = await storedUids(place)
  assert.deepEqual(
    [...during].filter((uid) => UNLUCKY.test(uid)),
    [],
  )
  await query(place.dsn, 'drop trigger in_the_way on orders')
  await load.stop()
  await waitUntilSettled(place)
  await waitUntil(async () => (await waitingNow(place)) === 0, { deadlineMs: 15_000, what: 'none waits' })
  await waitUntilSettled(place)

  await expectEachAccountedFor(place, load.acknowledged)
  const retries = new Map<string, number[]>()
  for (const { uid, headers } of await readOrders(place))
    retries.set(uid, [...(retries.get(uid) ?? []), headers.retry])
  for (const [uid, counted] of retries) {
    assert.deepEqual(
      counted.toSorted((a, b) => a - b),
      counted.map((_, at) => at),
      `the header of ${uid} counts up, once for each time it came back`,
    )
    if (!UNLUCKY.test(uid)) assert.equal(counted.length, 1)
  }
  const cameBack = [...retries.values()].filter((counted) => counted.length > 1)
  assert.ok(cameBack.length > 50 && Math.max(...cameBack.map(({ length }) => length)) > 2)

  const { retried, dead_lettered: dead } = await sumsOf(place, place.group)
  const sent = cameBack.reduce((sum, { length }) => sum + length - 1, 0)
  assert.deepEqual([retried, dead, (await retryBooks(place)).forwarded], [sent, 0, sent])
  assert.equal(await service.metric('orders_retry_total'), sent)
  assert.equal(await service.metric('orders_dlq_total'), 0)
  await expectBalanced(place)
})

test('orders that never stop failing end as dead letters with the whole story after RETRY_MAX retries', async (context) => {
  const place = await placeOnSharedStack(context)
  const environment = {
    ...place.environment,
    RETRY_MAX: '2',
    RETRY_BASE_MS: '200',
    RETRY_CAP_MS: '400',
  }
  const service = await startServiceProcess(context, environment)
  await failSome(place)
  const load = startLoad(context, place, { seed: place.orders, rate: RATE })
  await waitUntil(() => load.acknowledged.length > 2 * RATE, {
    deadlineMs: 10_000,
    what: 'two seconds of orders',
  })
  await load.stop()
  const uids = load.acknowledged.flatMap(({ uid }) => uid ?? [])
  const unlucky = uids.filter((uid) => UNLUCKY.test(uid))
  await waitUntil(
    async () =>
      (await query<{ count: number }>(place.dsn, 'select count(*)::int as count from dlq'))[0]?.count ===
      unlucky.length,
    { deadlineMs: 20_000, what: 'all of them are dead letters' },
  )
  await waitUntilSettled(place)
  assert.deepEqual(await storedUids(place), new Set(uids).difference(new Set(unlucky)))

  const letters = await query<{ uid: string }>(
    place.dsn,
    `select distinct on (key) convert_from(key, 'UTF8') as uid, error_type, error_message, error_stage, attempts, topic,
       created_at < last_failed_at as "firstFailedBefore"
     from dlq order by key`,
  )
  assert.deepEqual(new Set(letters.map(({ uid }) => uid)), new Set(unlucky))
  for (const { uid: _, ...letter } of letters)
    assert.deepEqual(letter, {
      error_type: 'retries_exhausted',
      error_message:
        'all of 3 attempts failed; the last one as serialization_conflict: 40001: another transaction was in the way',
      error_stage: 'store',
      attempts: 3,
      topic: place.orders,
      firstFailedBefore: true,
    })
  assert.equal(await service.metric('orders_dlq_total'), unlucky.length)
  assert.equal(await service.metric('orders_retry_total'), 2 * unlucky.length)
  assert.equal(await service.metric('orders_errors_total', 'type="retries_exhausted"'), unlucky.length)
  assert.equal(await waitingNow(place), 0)
  await expectBalanced(place)
})
