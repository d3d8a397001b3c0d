import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, progressOf, sumsOf, waitUntilSettled } from './books.ts'
import { MIXED, startLoad } from './load.ts'
import { createTopic, placeOnSharedStack, type Place } from './place.ts'

/** Holds every row of the ledger, so that each batch under way waits; resolves to the function that lets go. */
async function lockLedger(test: TestContext, { dsn }: Place): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: dsn })
  client.on('error', () => {})
  await client.connect()
  test.after(() => client.end().catch(() => {}))
  await client.query('begin')
  await client.query('select from ledger for update')
  return async () => void (await client.query('rollback'))
}

async function waitForBlockedBatches({ dsn }: Place): Promise<void> {
  const client = new Client({ connectionString: dsn })
  await client.connect()
  try {
    await waitUntil(
      async () => {
        const { rows } = await client.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return (rows[0]?.waiting ?? 0) > 0
      },
      { deadlineMs: 5_000, what: 'a batch waits for the ledger' },
    )
  } finally {
    await client.end()
  }
}

describe('stopping under load', () => {
  it('says that it is not ready, finishes what is in flight and exits 0 within 10 s', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const load = startLoad(test, place, { seed: place.orders, shares: MIXED, rate: 1_000 })
    const first = await startServiceProcess(test, place.environment)
    await waitUntil(async () => (await progressOf(place)) > 1_000, { deadlineMs: 20_000, what: 'it flows' })

    const letGo = await lockLedger(test, place)
    await waitForBlockedBatches(place)
    const signalledAtMs = performance.now()
    const stopped = first.stop()
    await waitUntil(async () => (await fetch(`${first.url}/readyz`)).status === 503, {
      deadlineMs: 5_000,
      what: 'it says that it is not ready while it finishes',
    })
    assert.equal((await fetch(`${first.url}/livez`)).status, 200)
    await letGo()
    assert.equal(await stopped, 0)
    assert.ok(performance.now() - signalledAtMs < 10_000)

    const before = await sumsOf(place, place.group)
    const second = await startServiceProcess(test, place.environment)
    await load.stop()
    await waitUntilSettled(place)
    const after = await sumsOf(place, place.group)
    for (const outcome of ['stored', 'duplicates', 'dead_lettered'] as const) {
      const bySecond = await second.metric('orders_records_total', `outcome="${outcome}"`)
      const archived =
        outcome === 'duplicates' ? await sumsOf(place, `${place.group}-dead-letters`) : undefined
      assert.equal(bySecond, after[outcome] - before[outcome] + (archived?.duplicates ?? 0), outcome)
    }
    assert.equal(await second.metric('orders_fenced_batches_total'), 0)
    assert.equal(after.duplicates, load.acknowledged.filter(({ kind }) => kind === 'duplicate').length)
    await expectEachAccountedFor(place, load.acknowledged)
    await expectBalanced(place)
  })

  it('ends at once with 130 at a second signal, and nothing is lost by that', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const load = startLoad(test, place, { seed: place.orders, shares: MIXED, rate: 500 })
    const first = await startServiceProcess(test, place.environment)
    await waitUntil(async () => (await progressOf(place)) > 500, { deadlineMs: 20_000, what: 'it flows' })

    const letGo = await lockLedger(test, place)
    await waitForBlockedBatches(place)
    first.signal('SIGTERM')
    // A second one within a second counts as the same key press.
    await delay(1_100)
    const secondAtMs = performance.now()
    first.signal('SIGTERM')
    assert.equal(await first.exited, 130)
    // The first signal alone would have waited for the batch.
    assert.ok(performance.now() - secondAtMs < 5_000)
    await letGo()

    await startServiceProcess(test, place.environment)
    await load.stop()
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, load.acknowledged)
    await expectBalanced(place)
  })
})
