import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, waitUntilSettled } from './books.ts'
import { MIXED, startLoad } from './load.ts'
import { createTopic, PARTITIONS, placeOnSharedStack, query, type Place } from './place.ts'

/** The session of a group member, after which its partitions go to the others, and some time for that. */
const TAKEN_OVER_WITHIN_MS = 25_000
const TRIES = 3

async function partitionsWrittenBy({ dsn, group }: Place): Promise<Map<string, number[]>> {
  const rows = await query<{ written_by: string; partitions: number[] }>(
    dsn,
    `select written_by, array_agg(partition order by partition) as partitions from ledger
     where consumer_group = $1 and updated_at > now() - interval '2 seconds' group by written_by`,
    [group],
  )
  return new Map(rows.map((row) => [row.written_by, row.partitions]))
}

function idOf(service: ServiceUnderTest): string {
  return String(service.events.find(({ event }) => event === 'started')?.['instanceId'])
}

async function waitUntilBothWork(place: Place): Promise<void> {
  await waitUntil(
    async () => {
      const written = [...(await partitionsWrittenBy(place)).values()]
      return written.length === 2 && written.every((partitions) => partitions.length === 2)
    },
    { deadlineMs: 20_000, what: 'both instances work' },
  )
}

describe('an instance that was frozen', () => {
  it('cannot write its late batch, and rejoins by itself', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const environment = { ...place.environment, BATCH_MAX_RECORDS: '50' }
    const load = startLoad(test, place, { seed: place.orders, shares: MIXED, rate: 1_500 })
    const frozen = await startServiceProcess(test, environment)
    const other = await startServiceProcess(test, environment)
    await waitUntilBothWork(place)

    // Whether a batch is between taken and begun when the freeze hits is chance, so it may take more than one.
    let fenced = 0
    for (let tries = 0; tries < TRIES && fenced === 0; tries++) {
      frozen.signal('SIGSTOP')
      await waitUntil(
        async () => (await partitionsWrittenBy(place)).get(idOf(other))?.length === PARTITIONS,
        { deadlineMs: TAKEN_OVER_WITHIN_MS, what: 'the other instance has all partitions' },
      )
      frozen.signal('SIGCONT')
      await waitUntilBothWork(place)
      fenced = await frozen.metric('orders_fenced_batches_total')
    }
    assert.ok(fenced > 0, 'a late batch was fenced')
    assert.ok(frozen.events.some(({ event }) => event === 'batch_fenced'))

    await load.stop()
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, load.acknowledged)
    await expectBalanced(place)
  })
})
