import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, ledgerOf, waitUntilSettled } from './books.ts'
import { MIXED, produce } from './load.ts'
import { createTopic, endsOf, PARTITIONS, placeOnSharedStack, withAdmin, type Place } from './place.ts'

/** Orders, retries and dead letters. */
const ROLES = 3

/** The group must have no members. */
async function resetGroup(place: Place, to: 'start' | 'end'): Promise<void> {
  await withAdmin(place, async (admin) => {
    for (const [topic, groupId] of [
      [place.orders, place.group],
      [place.deadLetters, `${place.group}-dead-letters`],
    ] as const) {
      const { ranges } = await endsOf(place, topic)
      const partitionOffsets = ranges.map((range, partition) => ({ partition, offset: BigInt(range[to]) }))
      await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] })
    }
  })
}

describe("Kafka's copy of the offsets", () => {
  it('is never read: a reset to the beginning or to the end changes neither tables nor ledger', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const acknowledged = await produce(place, 2_000, { seed: place.orders, shares: MIXED })
    const first = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    assert.equal(await first.stop(), 0)
    const ledger = await ledgerOf(place)

    await resetGroup(place, 'start')
    const second = await startServiceProcess(test, place.environment)
    // Its lag is told once it has looked at its ledger.
    await waitUntil(
      async () => {
        const metrics = await (await fetch(`${second.url}/metrics`)).text()
        return (metrics.match(/^orders_lag_records\{/gm) ?? []).length === ROLES * PARTITIONS
      },
      { deadlineMs: 30_000, what: 'every partition flows again' },
    )
    assert.equal(await second.stop(), 0)
    assert.deepEqual(await ledgerOf(place), ledger)

    const more = await produce(place, 500, { seed: `${place.orders}-more`, shares: MIXED })
    await resetGroup(place, 'end')
    await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, [...acknowledged, ...more])
    await expectBalanced(place)
  })
})
