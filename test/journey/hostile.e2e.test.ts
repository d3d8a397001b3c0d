import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { orderJson } from '../../chaos/workload/hostile/base-order.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { foreignHeaders } from '../../src/pipeline/headers.ts'
import type { Header, OutgoingRecord } from '../../src/pipeline/record.ts'
import { headersFromJson } from '../../src/postgres/dead-letters.ts'
import { readAudit } from '../audit/run-audit.ts'
import { foreignProducerOf } from '../kafka/fetch-under-test.ts'
import { createTopic } from '../kafka/topic-under-test.ts'
import { endsOf, placeOnSharedStack, query } from '../recovery/place.ts'
import { storedUids, sumsOf, waitUntilSettled } from '../recovery/books.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { hostileRecords, MAX_ORDER_BYTES, type HostileRecord } from './hostile-records.ts'

const place = await placeOnSharedStack({ after })
const records = hostileRecords('hostile').flatMap((record, at): HostileRecord[] => [record, neighbour(at)])
const environment = { ...place.environment, TOPIC_PARTITIONS: '1', MAX_ORDER_BYTES: String(MAX_ORDER_BYTES) }

/** An ordinary order right behind each of them, in the same partition and mostly in the same batch. */
function neighbour(at: number): HostileRecord {
  const uid = `neighbour-${at}`
  return { name: uid, key: Buffer.from(uid), value: Buffer.from(orderJson(uid)), headers: [], ends: { uid } }
}

async function produce(topic: string, outgoing: readonly Omit<OutgoingRecord, 'topic'>[]): Promise<void> {
  const settings = { brokers: place.brokers.split(','), clientId: 'test' }
  await using producer = openProducer(settings, { giveUpAfterMs: 30_000, onError: () => {} })
  await producer.send(outgoing.map(({ key, value, headers }) => ({ topic, key, value, headers })))
}

interface DeadLetter {
  readonly source_offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: [string, string | null][]
  readonly error_type: string
  readonly [column: string]: unknown
}

/** Dead letters by the offset they say they come from. */
async function deadLetters(topic: string): Promise<Map<number, DeadLetter>> {
  const rows = await query<DeadLetter>(place.dsn, 'select * from dlq where topic = $1', [topic])
  return new Map(rows.map((row) => [Number(row.source_offset), row]))
}

const isDeadLetter = ({ ends }: HostileRecord): boolean => 'type' in ends
for (const topic of [place.orders, place.deadLetters])
  await createTopic(place.brokers, topic, 1, { 'max.message.bytes': '4000000' })
const service = await startServiceProcess({ after }, environment)
await produce(place.orders, records)
await waitUntilSettled(place)

test('every hostile record ends in exactly one place, and the right one', async () => {
  const letters = await deadLetters(place.orders)
  const uids = await storedUids(place)
  for (const [offset, { name, ends }] of records.entries()) {
    const where = { type: letters.get(offset)?.error_type, stored: 'uid' in ends && uids.has(ends.uid) }
    const wanted = 'type' in ends ? { type: ends.type, stored: false } : { type: undefined, stored: true }
    assert.deepEqual(where, wanted, name)
  }
  const dead = records.filter(isDeadLetter).length
  assert.deepEqual([letters.size, uids.size], [dead, records.length - dead])
  const { stored, duplicates, dead_lettered, absent } = await sumsOf(place, place.group)
  assert.deepEqual(
    { stored, duplicates, dead_lettered, absent },
    { stored: records.length - dead, duplicates: 0, dead_lettered: dead, absent: 0 },
  )
})

test('a dead letter has key, value and the headers of others byte for byte, and its true source', async () => {
  const { topicId } = await endsOf(place, place.orders)
  const letters = await deadLetters(place.orders)
  for (const [offset, record] of records.entries()) {
    if (!isDeadLetter(record)) continue
    const letter = letters.get(offset)
    assert.ok(letter, record.name)
    assert.deepEqual(
      {
        key: letter.key,
        value: letter.value,
        headers: foreignHeaders(headersFromJson(letter.headers)),
        source: [letter['source_topic_id'], letter['source_partition']],
        stage: letter['error_stage'],
      },
      {
        key: record.key,
        value: record.value,
        headers: foreignHeaders(record.headers),
        source: [topicId, 0],
        stage: letter.error_type === 'invalid_order' ? 'validate' : 'decode',
      },
      record.name,
    )
  }
})

test('what others put straight into the dead letters is archived, whatever it claims', async () => {
  const { topicId } = await endsOf(place, place.orders)
  const { ranges } = await endsOf(place, place.deadLetters)
  const claim = (name: string, value: string): Header => [Buffer.from(name), Buffer.from(value)]
  const source = (offset: number): Header[] => [
    claim('source-topic', place.orders),
    claim('source-topic-id', topicId),
    claim('source-partition', '0'),
    claim('source-offset', String(offset)),
  ]
  // One claims to be a dead letter that is archived already, another a record that became an order.
  const headers = [
    source(0),
    source(1),
    [claim('source-topic', 'half')],
    [claim('error_type', 'No Such Type')],
    [],
  ]
  const earlier = await sumsOf(place, `${place.group}-dead-letters`)
  const foreign = headers.flatMap((each, n) => [
    { key: null, value: Buffer.from(`foreign ${n}`), headers: each },
    { key: Buffer.from([0xff]), value: null, headers: each },
  ])
  await produce(place.deadLetters, foreign)
  await waitUntilSettled(place)
  const { archived, duplicates } = await sumsOf(place, `${place.group}-dead-letters`)
  assert.deepEqual([archived - earlier.archived, duplicates], [foreign.length, 0])
  const rows = await query<{ topic: string; source_offset: string; status: string }>(
    place.dsn,
    `select topic, source_offset, status from dlq where key = '\\xff' or substring(value from 1 for 8) = 'foreign '`,
  )
  assert.equal(rows.length, foreign.length)
  const byThemselves = rows.filter(({ topic }) => topic === place.deadLetters)
  const end = ranges[0]?.end ?? 0
  assert.deepEqual(
    byThemselves.map(({ source_offset: offset }) => Number(offset) - end).toSorted((a, b) => a - b),
    [4, 5, 6, 7, 8, 9],
  )
})

test('a record that is larger than Kafka takes, but came compressed, is archived whole and stops nothing', async (t) => {
  const { ranges } = await endsOf(place, place.orders)
  const [{ end } = { end: 0 }] = ranges
  const oversized = { topic: place.orders, partition: 0, value: Buffer.alloc(6_000_000, '["large",') }
  const behind = { topic: place.orders, partition: 0, value: Buffer.from(orderJson('behind-the-large-one')) }
  await foreignProducerOf(t).send({ messages: [oversized, behind], compression: 'gzip' })
  await waitUntilSettled(place)
  const letter = (await deadLetters(place.orders)).get(end)
  assert.equal(letter?.error_type, 'too_large')
  assert.ok(letter.value?.equals(oversized.value))
  assert.ok((await storedUids(place)).has('behind-the-large-one'))
})

test('after all of that the service is well, its memory small and its books in balance', async () => {
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.ok((await service.metric('process_resident_memory_bytes')) < 450 * 1_048_576)
  assert.ok((await service.metric('orders_malformed_headers_total')) > 0)
  assert.equal(await service.metric('orders_fenced_batches_total'), 0)
  const { code, off, identities } = await readAudit(environment, '--settled', '--deep')
  assert.deepEqual([code, off, identities?.findings], [0, [], []])
  assert.equal(await service.stop(), 0)
})
