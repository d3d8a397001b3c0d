import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderJson } from '../../chaos/workload/hostile/base-order.ts'
import { sendHugeValue, sendManyHeaders } from '../kafka/bombs.ts'
import { foreignProducerOf } from '../kafka/fetch-under-test.ts'
import { createTopic } from '../kafka/topic-under-test.ts'
import { expectBalanced, storedUids, sumsOf, waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack } from '../recovery/place.ts'
import { peakMemory } from '../peak-memory.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { runCommand } from './run-command.ts'

const MIB = 1_048_576
const GOOD_AROUND = 20
/** A process that never sees a bomb needs some 200 MiB. */
const PEAK_BYTES = 500 * MIB

test('whatever inflates without end holds its partition only, in bounded memory, and can be passed over', async (t) => {
  const place = await placeOnSharedStack(t)
  const bombs = ['a gigabyte', 'snappy', 'lz4', 'zstd', 'headers']
  const partitions = bombs.length + 2
  await createTopic(place.brokers, place.orders, partitions, { 'max.message.bytes': '8000000' })
  const producer = foreignProducerOf(t)
  const topic = place.orders
  const wanted = new Set<string>()
  const order = (partition: number, name: string, padding = 0) => {
    const uid = `${name}-${partition}`
    wanted.add(uid)
    return { topic, partition, value: Buffer.from(orderJson(uid) + ' '.repeat(padding)) }
  }
  const good = async (name: string): Promise<void> => {
    const numbers = Array.from({ length: GOOD_AROUND }, (_, n) => n)
    const messages = bombs.flatMap((_, partition) => numbers.map((n) => order(partition, `${name}-${n}`)))
    await producer.send({ messages })
  }
  await good('before')
  await sendHugeValue(producer, topic, 0, 1_024)
  for (const [partition, compression] of (['snappy', 'lz4', 'zstd'] as const).entries()) {
    const value = Buffer.alloc(100 * MIB)
    await producer.send({ messages: [{ topic, partition: 1 + partition, value }], compression })
  }
  await sendManyHeaders(producer, topic, 4, 20_000_000)
  await good('after')
  // Large, and nothing is wrong with it.
  const large = Array.from({ length: 60 }, (_, n) => order(5, `large-${n}`, 700_000))
  await producer.send({ messages: large, compression: 'gzip' })
  await producer.send({ messages: Array.from({ length: 500 }, (_, n) => order(6, `plain-${n}`)) })

  const service = await startServiceProcess(t, { ...place.environment, TOPIC_PARTITIONS: String(partitions) })
  const metric = (labels: string) => service.metric('orders_lag_records', `topic="${topic}"${labels}`)
  await waitUntil(
    async () =>
      (await service.metric('orders_held_partitions', 'unreadable')) === bombs.length &&
      (await metric('')) === bombs.length * (1 + GOOD_AROUND),
    { deadlineMs: 60_000, what: 'every bomb holds its partition, and all else is settled' },
  )
  const held = new Set(
    service.events
      .filter(({ event }) => event === 'partition_held_unreadable')
      .map((event) => event['partition']),
  )
  assert.deepEqual(held, new Set(bombs.keys()))

  for (const partition of bombs.keys()) {
    const where = ['--topic', topic, '--partition', String(partition), '--reason', 'a bomb', '--batch']
    const { code, stderr } = await runCommand('ledger', ['skip', ...where], place.environment)
    assert.equal(code, 0, stderr)
    assert.match(stderr, partition === 4 ? /1000000 records and headers/ : /64 MiB once inflated/)
  }
  await waitUntilSettled(place, 60_000)
  assert.deepEqual(wanted.symmetricDifference(await storedUids(place)), new Set())
  assert.equal((await sumsOf(place, place.group)).skipped, bombs.length)
  const peak = await peakMemory(service)
  t.diagnostic(`the service took ${Math.round(peak / MIB)} MiB at most`)
  assert.ok(peak < PEAK_BYTES, `${Math.round(peak / MIB)} MiB`)
  await expectBalanced(place)
  assert.equal(await service.stop(), 0)
})
