import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Producer } from '@platformatic/kafka'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { seedFrom } from '../../src/producer/random.ts'
import { generateRecords, type LoadRecord } from '../../src/producer/records.ts'
import {
  audit,
  expectBalanced,
  expectEachAccountedFor,
  progressOf,
  storedUids,
  sumsOf,
  waitUntilSettled,
} from './books.ts'
import { MIXED, produce } from './load.ts'
import { createTopic, endsOf, PARTITIONS, placeOnSharedStack, withAdmin, type Place } from './place.ts'

async function deleteTopic(place: Place, topic: string): Promise<void> {
  await withAdmin(place, (admin) => admin.deleteTopics({ topics: [topic] }))
  await waitUntil(async () => !(await withAdmin(place, (admin) => admin.listTopics())).includes(topic), {
    deadlineMs: 10_000,
    what: 'the topic is gone',
  })
}

describe('a topic of orders', () => {
  it('that gets more partitions is read from their start, without a restart', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const service = await startServiceProcess(test, place.environment)
    const before = await produce(place, 500, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)

    await withAdmin(place, async (admin) => {
      await admin.createPartitions({
        topics: [{ name: place.orders, count: PARTITIONS + 2, assignments: null }],
      })
    })
    await waitUntil(async () => (await endsOf(place, place.orders)).ranges.length === PARTITIONS + 2, {
      deadlineMs: 5_000,
      what: 'the broker shows the new partitions',
    })
    const after = await produce(place, 1_000, { seed: `${place.orders}-after` })
    const { ranges } = await endsOf(place, place.orders)
    assert.ok(
      ranges.slice(PARTITIONS).every(({ end }) => end > 0),
      'the new partitions have records',
    )
    await waitUntilSettled(place, 15_000)
    await expectEachAccountedFor(place, [...before, ...after])
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
    await expectBalanced(place)
  })

  it('that is deleted half-read and created again is read from its start; the rest is booked as expired', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const before = await produce(place, 6_000, { seed: place.orders, shares: MIXED })
    const first = await startServiceProcess(test, { ...place.environment, BATCH_MAX_RECORDS: '20' })
    await waitUntil(async () => (await progressOf(place)) > 1_000, { deadlineMs: 10_000, what: 'it flows' })
    first.signal('SIGKILL')
    await first.exited
    const unread = before.length - (await progressOf(place))
    assert.ok(unread > 0, 'some records were not read')

    await deleteTopic(place, place.orders)
    await createTopic(place, place.orders)
    const after = await produce(place, 1_000, { seed: `${place.orders}-after`, shares: MIXED })
    const second = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await waitUntil(async () => (await sumsOf(place, place.group)).expired > 0, {
      deadlineMs: 40_000,
      what: 'the unread records of the old topic are booked as expired',
    })
    const { stored, duplicates, dead_lettered, expired } = await sumsOf(place, place.group)
    assert.equal(expired, unread)
    assert.equal(stored + duplicates + dead_lettered, before.length - unread + after.length)
    const uids = await storedUids(place)
    assert.deepEqual(
      after.filter(({ kind, uid = '' }) => kind === 'valid' && !uids.has(uid)),
      [],
    )
    await waitUntil(async () => (await second.metric('orders_expired_records_total')) === unread, {
      deadlineMs: 5_000,
      what: 'they are counted',
    })
    assert.ok(second.events.some(({ event }) => event === 'records_expired'))
    const { exitCode, output } = await audit(place)
    assert.equal(exitCode, 1)
    assert.match(output, /expired/)
  })

  it('that is deleted and created again under a running service is read from its start', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const service = await startServiceProcess(test, place.environment)
    const before = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    await deleteTopic(place, place.orders)
    await waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 503, {
      deadlineMs: 15_000,
      what: 'readiness says that the topic is missing',
    })
    await createTopic(place, place.orders)
    const after = await produce(place, 1_000, { seed: `${place.orders}-after`, shares: MIXED })
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, [...before, ...after])
    await waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, {
      deadlineMs: 15_000,
      what: 'the service is ready again',
    })
    await expectBalanced(place)
  })

  it('with aborted transactions gives the committed orders only, and books the other offsets', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders, 1)
    await startServiceProcess(test, place.environment)
    const orders = [
      ...generateRecords(seedFrom(place.orders), 60, { invalid: 0, duplicate: 0, conflict: 0 }),
    ].flat()
    const committed: LoadRecord[] = []
    const producer = new Producer({
      clientId: 'test-transactions',
      bootstrapBrokers: place.brokers.split(','),
      idempotent: true,
      transactionalId: place.orders,
    })
    test.after(() => producer.close())
    const transact = async (records: readonly LoadRecord[], outcome: 'commit' | 'abort'): Promise<void> => {
      const transaction = await producer.beginTransaction()
      for (const { key, value } of records) {
        assert.ok(key && value)
        await transaction.send({ messages: [{ topic: place.orders, key, value }] })
      }
      await transaction[outcome]()
      if (outcome === 'commit') committed.push(...records)
    }
    await transact(orders.slice(0, 10), 'abort')
    await transact(orders.slice(10, 20), 'commit')
    await transact(orders.slice(20, 30), 'abort')
    await transact(orders.slice(30, 40), 'commit')
    // No record follows these, so only a look at the idle partition can book them.
    await transact(orders.slice(40, 60), 'abort')
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, committed)
    const { ranges } = await endsOf(place, place.orders)
    const { stored, absent } = await sumsOf(place, place.group)
    assert.deepEqual({ stored, absent }, { stored: 20, absent: (ranges[0]?.end ?? 0) - 20 })
    await expectBalanced(place)
  })
})

describe('the topic of dead letters', () => {
  it('holds orders while it cannot take a dead letter: nothing moves past a record that it must have', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const service = await startServiceProcess(test, place.environment)
    const before = await produce(place, 500, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    const settled = await progressOf(place)

    await deleteTopic(place, place.deadLetters)
    const invalid = { invalid: 1, duplicate: 0, conflict: 0 }
    const during = await produce(place, 200, { seed: `${place.orders}-during`, shares: invalid })
    await waitUntil(
      async () => (await service.metric('orders_held_partitions', 'broker_unreachable')) === PARTITIONS,
      { deadlineMs: 15_000, what: 'every partition of orders is held' },
    )
    assert.equal(await progressOf(place), settled)
    assert.equal((await fetch(`${service.url}/readyz`)).status, 503)

    await createTopic(place, place.deadLetters)
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, [...before, ...during])
    await expectBalanced(place)
  })
})
