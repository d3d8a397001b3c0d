import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from 'pg'
import type { LoadRecord } from '../../src/producer/records.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { audit, progressOf, storedUids, sumsOf, waitUntilSettled, type Sums } from './books.ts'
import { MIXED, produce } from './load.ts'
import { createTopic, endsOf, placeOnSharedStack, withAdmin, type Place } from './place.ts'

type Ranges = readonly { readonly start: number; readonly end: number }[]

/** Deletes the records of each partition below an offset, as retention does. */
async function deleteRecords(place: Place, upTo: (range: Ranges[number]) => number): Promise<void> {
  const { ranges } = await endsOf(place, place.orders)
  const partitions = ranges.map((range, partition) => ({ partition, offset: BigInt(upTo(range)) }))
  await withAdmin(place, (admin) => admin.deleteRecords({ topics: [{ name: place.orders, partitions }] }))
}

function recordsIn({ stored, duplicates, dead_lettered }: Sums): number {
  return stored + duplicates + dead_lettered
}

async function expectExpired(place: Place, service: ServiceUnderTest, count: number): Promise<void> {
  assert.equal((await sumsOf(place, place.group)).expired, count)
  assert.equal(await service.metric('orders_expired_records_total'), count)
  assert.equal(await service.metric('orders_records_total', 'outcome="expired"'), count)
  const alarms = service.events.filter(({ event, level }) => event === 'records_expired' && level === 'error')
  assert.equal(
    alarms.reduce((sum, { records }) => sum + Number(records), 0),
    count,
  )
  const { exitCode, output } = await audit(place)
  assert.equal(exitCode, 1)
  assert.match(output, /expired/)
}

describe('records that were deleted before they were read', () => {
  it('are counted as expired and alarmed, and the rest is processed', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const read = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    const first = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await first.stop()
    const { ranges } = await endsOf(place, place.orders)
    const settledTo = ranges.map(({ end }) => end)

    const later = await produce(place, 1_000, { seed: `${place.orders}-later`, shares: MIXED })
    const middle = (end: number, from: number): number => from + Math.floor((end - from) / 2)
    let partition = 0
    await deleteRecords(place, ({ end }) => middle(end, settledTo[partition++] ?? 0))
    const starts = (await endsOf(place, place.orders)).ranges.map(({ start }) => start)
    const deleted = starts.reduce((sum, start, index) => sum + start - (settledTo[index] ?? 0), 0)
    assert.ok(deleted > 400)

    const second = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    assert.equal(recordsIn(await sumsOf(place, place.group)), read.length + later.length - deleted)
    await expectExpired(place, second, deleted)
  })

  it('are counted as expired when nothing follows them', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const first = await startServiceProcess(test, place.environment)
    const read = await produce(place, 500, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    await first.stop()
    const unread = await produce(place, 300, { seed: `${place.orders}-unread`, shares: MIXED })
    await deleteRecords(place, ({ end }) => end)

    const second = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    assert.equal(recordsIn(await sumsOf(place, place.group)), read.length)
    await expectExpired(place, second, unread.length)
  })

  it('are counted as expired when they go while their partitions are held', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const service = await startServiceProcess(test, place.environment)
    const read = await produce(place, 500, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)

    const client = new Client({ connectionString: place.dsn })
    client.on('error', () => {})
    await client.connect()
    await client.query('begin; lock table orders in access exclusive mode')
    const unread: readonly LoadRecord[] = await produce(place, 4_000, { seed: `${place.orders}-unread` })
    await waitUntil(async () => (await service.metric('orders_held_partitions')) > 0, {
      deadlineMs: 15_000,
      what: 'partitions are held',
    })
    const before = await progressOf(place)
    await deleteRecords(place, ({ end }) => end)
    const last = await produce(place, 100, { seed: `${place.orders}-last` })
    await client.end()
    await waitUntilSettled(place)

    // A batch that was in memory when its records went is stored, and no loss.
    const stored = recordsIn(await sumsOf(place, place.group)) - before
    const expired = unread.length + last.length - stored
    assert.ok(expired > 0)
    await expectExpired(place, service, expired)
    assert.equal(before, read.length)
    const uids = await storedUids(place)
    assert.ok(last.every(({ uid = '' }) => uids.has(uid)))
  })
})
