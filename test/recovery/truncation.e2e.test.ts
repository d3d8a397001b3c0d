import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, waitUntilSettled } from './books.ts'
import { MIXED, produce } from './load.ts'
import { createTopic, placeOnSharedStack, query, type Place } from './place.ts'

const DIVERGED = 0

/** A broker that lost records cannot be made with one broker, so the ledger is made to be ahead of it. */
async function changeLedger({ dsn, group }: Place, assignments: string): Promise<void> {
  await query(dsn, `update ledger set ${assignments} where consumer_group = $1 and partition = $2`, [
    group,
    DIVERGED,
  ])
}

async function waitUntilHeld(service: ServiceUnderTest): Promise<void> {
  await waitUntil(async () => (await service.metric('orders_log_diverged')) === 1, {
    deadlineMs: 15_000,
    what: 'the partition is held',
  })
}

async function expectHeldButOthersFlow(
  service: ServiceUnderTest,
  place: Place,
  seed: string,
): ReturnType<typeof produce> {
  const more = await produce(place, 500, { seed })
  await waitUntil(
    async () => {
      const held = await service.metric(
        'orders_lag_records',
        `topic="${place.orders}",partition="${DIVERGED}"`,
      )
      const all = await service.metric('orders_lag_records', `topic="${place.orders}"`)
      return held > 0 && all === held
    },
    { deadlineMs: 15_000, what: 'the other partitions flow' },
  )
  const ready = await fetch(`${service.url}/readyz?verbose`)
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /log_diverged/)
  assert.equal(await service.metric('orders_held_partitions', 'log_diverged'), 1)
  assert.ok(
    service.events.some(({ event, level }) => event === 'partition_held_log_diverged' && level === 'error'),
  )
  return more
}

async function waitUntilReady(service: ServiceUnderTest): Promise<void> {
  await waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, {
    deadlineMs: 30_000,
    what: 'the service is ready',
  })
}

describe('a log that is not the one that was read', () => {
  it('holds its partition alone when it ends below the ledger, and resumes when that is put right', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const before = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    const service = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)

    await changeLedger(place, 'next_offset = next_offset + 1000, skipped = skipped + 1000')
    await waitUntilHeld(service)
    const more = await expectHeldButOthersFlow(service, place, `${place.orders}-more`)
    await changeLedger(place, 'next_offset = next_offset - 1000, skipped = skipped - 1000')
    await waitUntilSettled(place)
    await waitUntilReady(service)
    await expectEachAccountedFor(place, [...before, ...more])
    await expectBalanced(place)
  })

  it('holds its partition alone when another record stands before the next one', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const before = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    const first = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await first.stop()

    await changeLedger(place, 'last_timestamp_ms = last_timestamp_ms - 1')
    const service = await startServiceProcess(test, place.environment)
    await waitUntilHeld(service)
    const more = await expectHeldButOthersFlow(service, place, `${place.orders}-more`)
    const flows = service.events.filter(
      ({ event, topic, partition }) =>
        event === 'partition_flowing' && topic === place.orders && partition === DIVERGED,
    )
    assert.ok(flows.length <= 1, 'it is not taken for well again at each look')
    await changeLedger(place, 'last_timestamp_ms = last_timestamp_ms + 1')
    await waitUntilSettled(place)
    await waitUntilReady(service)
    await expectEachAccountedFor(place, [...before, ...more])
    await expectBalanced(place)
  })
})
