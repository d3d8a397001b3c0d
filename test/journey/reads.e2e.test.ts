import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { canonicalText } from '../order/fixtures.ts'
import { produce } from '../recovery/load.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack } from '../recovery/place.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { startProxy } from './proxy.ts'

const ORDERS = 500
const CACHED = { CACHE_MB: '16' }

const place = await placeOnSharedStack({ after })
const proxy = await startProxy({ after }, place.dsn)
const environment = { ...place.environment, DB_DSN: proxy.via(place.dsn) }

/** Bytes and tag of each order, as this service gives them. */
async function readAll({ url }: ServiceUnderTest, uids: Iterable<string>): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>()
  for (const uid of uids) {
    const response = await fetch(`${url}/orders/${uid}`)
    assert.equal(response.status, 200, uid)
    answers.set(uid, [await response.text(), response.headers.get('etag') ?? ''])
  }
  return answers
}

async function hitsAndMisses(service: ServiceUnderTest): Promise<[hits: number, misses: number]> {
  const [hits, misses] = ['orders_cache_hits_total', 'orders_cache_misses_total']
  return [await service.metric(hits ?? ''), await service.metric(misses ?? '')]
}

async function warmedUp(service: ServiceUnderTest): Promise<number> {
  const done = () => service.events.find(({ event }) => event === 'warm_up_done')
  return Number((await waitUntil(done, { deadlineMs: 10_000, what: 'it is warm' }))['loaded'])
}

test('an order is the same bytes and the same tag from storing, from memory, from the database, after a restart, and with the cache off', async (t) => {
  const storing = await startServiceProcess(t, { ...environment, ...CACHED })
  assert.equal(await warmedUp(storing), 0)
  const records = await produce(place, ORDERS, { seed: place.orders })
  await waitUntilSettled(place)
  const expected = new Map(
    records.map(({ key, value }) => [String(key), canonicalText(value ?? Buffer.alloc(0))]),
  )
  assert.equal(expected.size, ORDERS)
  const fromStoring = await readAll(storing, expected.keys())
  for (const [uid, [text]] of fromStoring) assert.equal(text, expected.get(uid))
  assert.deepEqual(await hitsAndMisses(storing), [ORDERS, 0])
  assert.equal(await storing.stop(), 0)

  const restarted = await startServiceProcess(t, { ...environment, ...CACHED })
  assert.equal(await warmedUp(restarted), ORDERS)
  assert.equal(await restarted.metric('orders_cache_warm_up_orders'), ORDERS)
  assert.deepEqual(await readAll(restarted, expected.keys()), fromStoring)
  assert.deepEqual(await hitsAndMisses(restarted), [ORDERS, 0])

  const uncached = await startServiceProcess(t, { ...environment, CACHE_MB: '0' })
  assert.deepEqual(await readAll(uncached, expected.keys()), fromStoring)
  assert.deepEqual(await hitsAndMisses(uncached), [0, ORDERS])
  assert.equal(await uncached.stop(), 0)

  await proxy.cut()
  assert.deepEqual(await readAll(restarted, expected.keys()), fromStoring, 'while the database is away')
  for (const path of ['/orders/nobody', '/api/v1/lookup/nobody', '/api/v1/orders', '/api/v1/ledger']) {
    const unavailable = await fetch(restarted.url + path)
    assert.deepEqual([unavailable.status, unavailable.headers.get('retry-after')], [503, '5'], path)
  }
  await proxy.resume()
  await waitUntil(async () => (await fetch(`${restarted.url}/orders/nobody`)).status === 404, {
    deadlineMs: 10_000,
    what: 'an unknown order is unknown again',
  })
  const flow = (await (await fetch(`${restarted.url}/api/v1/flow`)).json()) as { cache: { entries: number } }
  assert.equal(flow.cache.entries, ORDERS)
})
