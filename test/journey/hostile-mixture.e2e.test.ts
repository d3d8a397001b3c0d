import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { MAX_ORDER_BYTES } from '../../chaos/workload/hostile/values.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { foreignHeaders } from '../../src/pipeline/headers.ts'
import type { Header, SourceRecord } from '../../src/pipeline/record.ts'
import { headersFromJson } from '../../src/postgres/dead-letters.ts'
import { expectBalancedHere } from '../audit/balanced.ts'
import { fetchLoopOf, readerOf, takeUntil } from '../kafka/fetch-under-test.ts'
import { createTopic } from '../kafka/topic-under-test.ts'
import { peakMemory } from '../peak-memory.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { endsOf, PARTITIONS, placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { draw, recordsOf, type Draw, type Produced } from './hostile-mixtures.ts'

/** More by hand: SLUICE_HOSTILE=10000, and SLUICE_SEED for the mixtures of another run. */
const HOSTILE = Number(process.env['SLUICE_HOSTILE'] ?? 1_500)
const SEED = Number(process.env['SLUICE_SEED'] ?? Date.now() % 2 ** 31)
const RUNS = 5
const MIB = 1_048_576
const PEAK_BYTES = 500 * MIB

const place = await placeOnSharedStack({ after })
for (const topic of [place.orders, place.retries, place.deadLetters])
  await createTopic(place.brokers, topic, PARTITIONS, { 'max.message.bytes': '4000000' })
const service = await startServiceProcess(
  { after },
  {
    ...place.environment,
    MAX_ORDER_BYTES: String(MAX_ORDER_BYTES),
    RETRY_CAP_MS: '500',
    RETRY_BASE_MS: '100',
  },
)
const loop = fetchLoopOf({ after })
let run = 0

async function produce(records: readonly Produced[]): Promise<void> {
  const settings = { brokers: place.brokers.split(','), clientId: 'test' }
  await using producer = openProducer(settings, { giveUpAfterMs: 60_000, onError: () => {} })
  for (let from = 0; from < records.length; from += 500) await producer.send(records.slice(from, from + 500))
}

function idOf(headers: readonly Header[]): string {
  return String(headers.find(([name]) => String(name) === 'test-id')?.[1])
}

/** What lies in the topic of orders behind these offsets, by id. */
async function readOrders(starts: readonly number[]): Promise<Map<string, SourceRecord>> {
  const { ranges } = await endsOf(place, place.orders)
  const found = new Map<string, SourceRecord>()
  for (const [partition, { end }] of ranges.entries()) {
    const reader = await readerOf({ after }, loop, {
      topic: place.orders,
      partition,
      offset: starts[partition] ?? 0,
    })
    for (const record of await takeUntil(reader, end)) found.set(idOf(record.headers), record)
    reader.close()
  }
  return found
}

interface DeadLetter {
  readonly topic: string
  readonly source_partition: number
  readonly source_offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: [string, string | null][]
  readonly error_type: string
  readonly [column: string]: unknown
}

const where = (partition: number, offset: number | string): string => `${partition}/${offset}`

/** Where each record ended: as the tables say, not as the ledger does. */
async function check(draws: readonly Draw[]): Promise<void> {
  run++
  const records = recordsOf(draws, `${SEED}/${run}`, place)
  const starts = (await endsOf(place, place.orders)).ranges.map(({ end }) => end)
  const [{ last } = { last: '0' }] = await query<{ last: string }>(
    place.dsn,
    'select coalesce(max(id), 0) as last from dlq',
  )
  await produce(records)
  await waitUntilSettled(place, 60_000)

  const lying = await readOrders(starts)
  const letters = new Map<string, DeadLetter>()
  for (const row of await query<DeadLetter>(place.dsn, 'select * from dlq where id > $1', [last])) {
    const id = idOf(headersFromJson(row.headers))
    assert.ok(!letters.has(id), `two dead letters of ${id}`)
    letters.set(id, row)
  }
  const rows = await query<{ order_uid: string; partition: number; offset: string }>(
    place.dsn,
    'select order_uid, source_partition as partition, source_offset as offset from orders',
  )
  const stored = new Map(rows.map((row) => [where(row.partition, row.offset), row.order_uid]))
  const wrong = records.flatMap((record) => {
    const lies = lying.get(record.id)
    const letter = letters.get(record.id)
    const uid = lies && stored.get(where(lies.partition, lies.offset))
    const what = faultOf(record, lies, letter, uid)
    return what === undefined ? [] : [`${record.id} ${record.name} (${record.ends}): ${what}`]
  })
  assert.deepEqual(wrong, [])
}

function faultOf(
  record: Produced,
  lies: SourceRecord | undefined,
  letter: DeadLetter | undefined,
  uid: string | undefined,
): string | undefined {
  if (letter !== undefined && !isWhole(record, letter)) return 'its dead letter is not what was produced'
  if (record.to === 'deadLetters') return letter === undefined ? 'was not archived' : undefined
  // What others put into the topic of retries comes to orders, unless it says that it was tried often enough.
  const isSpent = record.to === 'retries' && letter?.error_type === 'retries_exhausted'
  if (isSpent && record.headers.some(([name]) => String(name) === 'retry')) return undefined
  if (lies === undefined) return 'is not in the topic of orders'
  if (letter !== undefined) {
    if (uid !== undefined) return 'is an order and a dead letter'
    const source = where(letter.source_partition, letter.source_offset)
    if (
      record.to === 'orders' &&
      (letter.topic !== place.orders || source !== where(lies.partition, lies.offset))
    )
      return 'names another source'
  }
  return isRight(record, uid, letter?.error_type) ? undefined : `is ${letter?.error_type ?? uid ?? 'nowhere'}`
}

function isRight({ ends, uid: own }: Produced, uid: string | undefined, type: string | undefined): boolean {
  if (ends === 'stored') return uid === own
  // What is in neither table was counted and left out; the audit compares its content with what is stored.
  if (ends === 'duplicate') return uid === undefined && type === undefined
  if (ends === 'somewhere') return uid !== undefined || type !== undefined
  return ends === 'dead letter' ? type !== undefined : type === ends
}

function isWhole({ key, value, headers }: Produced, letter: DeadLetter): boolean {
  const foreign = foreignHeaders(headersFromJson(letter.headers))
  const wanted = foreignHeaders(headers)
  return (
    isSame(letter.key, key) &&
    isSame(letter.value, value) &&
    foreign.length === wanted.length &&
    foreign.every(
      ([name, content], at) =>
        isSame(name, wanted[at]?.[0] ?? null) && isSame(content, wanted[at]?.[1] ?? null),
    )
  )
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}

test('in any mixture with good ones, every hostile record ends in exactly one place, whole, and harms no other', async (t) => {
  const length = Math.ceil((2 * HOSTILE) / RUNS)
  const draws = fc.array(draw, { minLength: length, maxLength: length })
  t.diagnostic(`SLUICE_SEED=${SEED} SLUICE_HOSTILE=${HOSTILE}`)
  // A failure names the records; to shrink thousands of them would take longer than to look at one.
  await fc.assert(fc.asyncProperty(draws, check), {
    seed: SEED,
    numRuns: RUNS,
    endOnFailure: true,
    reporter: ({ failed, errorInstance }) => {
      if (failed) throw errorInstance
    },
  })

  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal(await service.metric('orders_fenced_batches_total'), 0)
  assert.deepEqual(
    service.events.filter(({ level }) => level === 'error'),
    [],
  )
  const peak = await peakMemory(service)
  t.diagnostic(`the service took ${Math.round(peak / MIB)} MiB at most`)
  assert.ok(peak < PEAK_BYTES, `${Math.round(peak / MIB)} MiB`)
  await expectBalancedHere(place)
  assert.equal(await service.stop(), 0)
})
