import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { produce } from '../recovery/load.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'

/** Several times what fits; by hand, SLUICE_CACHE_ORDERS=300000. */
const ORDERS = Number(process.env['SLUICE_CACHE_ORDERS'] ?? 30_000)
const CACHE_MB = 16
const ASKED = 200

const place = await placeOnSharedStack({ after })
const environment = { ...place.environment, CACHE_MB: String(CACHE_MB) }

interface CacheFigures {
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly entries: number
  readonly bytes: number
}

async function figuresOf(service: ServiceUnderTest): Promise<CacheFigures> {
  const metric = (name: string): Promise<number> => service.metric(`orders_cache_${name}`)
  return {
    hits: await metric('hits_total'),
    misses: await metric('misses_total'),
    evictions: await metric('evictions_total'),
    entries: await metric('entries'),
    bytes: await metric('bytes'),
  }
}

async function readAll({ url }: ServiceUnderTest, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const response = await fetch(`${url}/orders/${uid}`)
    assert.equal(response.status, 200, uid)
    await response.arrayBuffer()
  }
}

test('with more orders than fit, a start keeps the newest, and every order in the cache is accounted for', async (t) => {
  const storing = await startServiceProcess(t, environment)
  await produce(place, ORDERS, { seed: place.orders })
  await waitUntilSettled(place, 120_000)
  assert.equal(await storing.stop(), 0)

  const service = await startServiceProcess(t, environment)
  const done = await waitUntil(() => service.events.find(({ event }) => event === 'warm_up_done'), {
    deadlineMs: 30_000,
    what: 'it is warm',
  })
  const warm = await figuresOf(service)
  assert.equal(warm.entries, done['loaded'])
  assert.ok(warm.entries < ORDERS / 2, 'most do not fit')
  assert.ok(
    warm.bytes > 0.95 * CACHE_MB * 1_048_576 && warm.bytes <= CACHE_MB * 1_048_576,
    `${warm.bytes} bytes`,
  )
  assert.deepEqual([warm.hits, warm.misses, warm.evictions], [0, 0, 0])

  const rows = await query<{ uid: string }>(
    place.dsn,
    'select order_uid as uid from orders order by stored_at desc, order_uid desc',
  )
  const uids = rows.map(({ uid }) => uid)
  await readAll(service, uids.slice(0, ASKED))
  // One large order may have passed by, so the last ones that fit are not told to the very last.
  await readAll(service, uids.slice(warm.entries - 2 * ASKED, warm.entries - ASKED))
  const newest = await figuresOf(service)
  assert.deepEqual([newest.hits, newest.misses], [2 * ASKED, 0])

  await readAll(service, uids.slice(-ASKED))
  const oldest = await figuresOf(service)
  assert.deepEqual([oldest.hits, oldest.misses], [2 * ASKED, ASKED])
  assert.ok(oldest.evictions > 0)
  assert.equal(oldest.entries, warm.entries + oldest.misses - oldest.evictions)
  assert.ok(oldest.bytes <= CACHE_MB * 1_048_576)
})
