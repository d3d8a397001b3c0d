import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import { readAudit } from '../audit/run-audit.ts'
import { expectBalanced, storedUids, sumsOf, waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { putIntoRetryTopic, readOrders, retryBooks, validOrders, type PutRecord } from './retry-topic.ts'

const CAP_MS = 4_000

describe('records in the retry topic', async () => {
  const place = await placeOnSharedStack({ after })
  // One partition, so that the order in which they come back can be seen.
  const environment = {
    ...place.environment,
    TOPIC_PARTITIONS: '1',
    RETRY_MAX: '3',
    RETRY_BASE_MS: '1000',
    RETRY_CAP_MS: String(CAP_MS),
  }
  const service = await startServiceProcess({ after }, environment)
  const orders = validOrders(place.orders, 9)
  const [late, soon, now, far, odd, plain, spent, twice, trace] = orders
  let putAtMs = 0

  before(async () => {
    assert.ok(late && soon && now && far && odd && plain && spent && twice && trace)
    putAtMs = Date.now()
    const waits = (ms: number, more: PutRecord['headers'] = {}): PutRecord['headers'] => ({
      retry: '1',
      'retry-not-before': String(putAtMs + ms),
      'first-failed-at': '1700000000000',
      error_type: 'serialization_conflict',
      error_message: 'deadlock detected',
      error_stage: 'store',
      ...more,
    })
    await putIntoRetryTopic(place, [
      { order: late, headers: waits(3_000) },
      { order: soon, headers: waits(1_500) },
      { order: now, headers: waits(-60_000) },
      { order: far, headers: waits(253_000_000_000_000) },
      { order: odd, headers: { retry: '-1', 'retry-not-before': 'tomorrow', 'source-offset': '1e3' } },
      { order: plain, headers: {} },
      { order: spent, headers: waits(60_000, { retry: '3', 'x-id': '7' }) },
      { order: trace, headers: waits(1_000, { retry: '2', 'x-id': '8', 'replay-of': 'token' }) },
    ])
    await waitUntil(async () => (await storedUids(place)).size === 7, {
      deadlineMs: 15_000,
      what: 'all but the one that had its retries are stored',
    })
  })

  it('come back to orders when they are due and in that order, whatever waits before them', async () => {
    const uids = (await readOrders(place)).map(({ uid }) => uid)
    const expected = [now, odd, plain, trace, soon, late, far].map((order) => order?.uid)
    assert.deepEqual(uids, expected)
  })

  it('count one retry more, wait for nothing any more, and keep the bytes and the story', async () => {
    const back = new Map((await readOrders(place)).map((record) => [record.uid, record]))
    for (const order of [late, soon, now, far]) {
      const record = back.get(order?.uid ?? '')
      assert.equal(record?.value, order?.value?.toString())
      const { retry, notBeforeMs, firstFailedAtMs, errorType } = record?.headers ?? {}
      assert.deepEqual(
        [retry, notBeforeMs, firstFailedAtMs, errorType],
        [2, undefined, 1_700_000_000_000, 'serialization_conflict'],
      )
    }
    const kept = back.get(trace?.uid ?? '')?.headers
    assert.deepEqual([kept?.retry, kept?.replayOf, kept?.malformed], [3, 'token', 0])
    for (const order of [odd, plain]) {
      const { retry, malformed } = back.get(order?.uid ?? '')?.headers ?? {}
      assert.deepEqual([retry, malformed], [1, 0])
    }
  })

  it('are not parked for ever by a time in the year 9999', () => {
    // It is the last in the order above, and all of them are there.
    assert.ok(Date.now() - putAtMs < CAP_MS + 60_000)
  })

  it('become dead letters at once, with the whole story, when they had all their retries', async () => {
    const row = await waitUntil(
      async () =>
        (
          await query(
            place.dsn,
            `select convert_from(key, 'UTF8') as uid, error_type, error_message, attempts, topic,
               extract(epoch from created_at)::int as created, archived_at - last_failed_at < interval '3 s' as at_once
             from dlq`,
          )
        )[0],
      { deadlineMs: 5_000, what: 'it is archived' },
    )
    assert.deepEqual(row, {
      uid: spent?.uid,
      error_type: 'retries_exhausted',
      error_message: 'all of 4 attempts failed; the last one as serialization_conflict: deadlock detected',
      attempts: 4,
      topic: place.retries,
      created: 1_700_000_000,
      at_once: true,
    })
  })

  it('are counted, in the books and in the metrics', async () => {
    await waitUntilSettled(place)
    await waitUntil(async () => (await retryBooks(place)).next === 8, {
      deadlineMs: 5_000,
      what: 'the books went past all of them',
    })
    assert.deepEqual(await retryBooks(place), { next: 8, forwarded: 7, dead: 1, ahead: 0 })
    assert.equal((await sumsOf(place, `${place.group}-retries`)).expired, 0)
    const expected = [
      ['orders_records_total', 'outcome="forwarded"', 7],
      ['orders_records_total', 'outcome="dead_lettered"', 1],
      ['orders_dlq_total', '', 1],
      ['orders_errors_total', 'type="retries_exhausted"', 1],
      ['orders_waiting_retries', '', 0],
      ['orders_malformed_headers_total', '', 3],
      ['orders_unaccounted_records', '', 0],
    ] as const
    for (const [name, labels, value] of expected)
      assert.equal(await service.metric(name, labels), value, `${name} ${labels}`)
    await expectBalanced(place)
  })
})

test('a restart and a rebalance while a thousand wait: each goes back once', async (context) => {
  const place = await placeOnSharedStack(context)
  const environment = { ...place.environment, RETRY_CAP_MS: '20000' }
  const first = await startServiceProcess(context, environment)
  const orders = validOrders(place.orders, 1_000)
  const startMs = Date.now() + 500
  const put = orders.map((order, at) => ({
    order,
    // In no order of the offsets, so that there are many gaps between what is sent and what waits.
    headers: { retry: '1', 'retry-not-before': String(startMs + ((at * 7_919) % 1_000) * 10) },
  }))
  await putIntoRetryTopic(place, put)
  await waitUntil(async () => (await retryBooks(place)).ahead > 200, {
    deadlineMs: 10_000,
    what: 'some are sent ahead of those that wait',
  })
  assert.ok((await first.metric('orders_waiting_retries')) > 300)
  assert.equal(await first.stop(), 0)
  const stopped = await readOrders(place)
  const { ahead, forwarded } = await retryBooks(place)
  assert.equal(ahead + forwarded, stopped.length, 'a drain leaves nothing that is sent and not booked')

  const deep = await readAudit(place.environment, '--deep')
  assert.deepEqual([deep.code, deep.off], [0, []], 'what waits is a lag and no fault')
  const lag = deep.partitions
    .filter(({ topic }) => topic === place.retries)
    .reduce((sum, partition) => sum + (partition.lag ?? 0), 0)
  assert.equal(lag, 1_000 - ahead - forwarded, 'what was sent ahead is no lag')

  const second = await startServiceProcess(context, environment)
  // Takes some of the partitions over from the second while that sends.
  const third = await startServiceProcess(context, environment)
  await waitUntil(async () => (await storedUids(place)).size === 1_000, {
    deadlineMs: 30_000,
    what: 'all of them are stored',
  })
  await waitUntilSettled(place)
  const back = await readOrders(place)
  assert.equal(back.length, 1_000, 'none is sent twice')
  assert.deepEqual(new Set(back.map(({ headers }) => headers.retry)), new Set([2]))
  for (const service of [second, third])
    assert.equal(await service.metric('orders_records_total', 'outcome="duplicates"'), 0)
  assert.equal((await retryBooks(place)).forwarded, 1_000)
  await expectBalanced(place)

  const [victim] = orders
  for (const table of ['items', 'payment', 'delivery', 'orders'])
    await query(place.dsn, `delete from ${table} where order_uid = $1`, [victim?.uid])
  const { identities } = await readAudit(place.environment, '--deep')
  assert.deepEqual(
    new Set(identities?.findings.map(({ kind, topic, uid }) => `${kind} ${topic} ${uid}`)),
    new Set([place.orders, place.retries].map((topic) => `record_without_outcome ${topic} ${victim?.uid}`)),
  )
})
