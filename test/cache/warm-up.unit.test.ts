import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOrderCache, type OrderCache } from '../../src/cache/order-cache.ts'
import { WarmUp, type WarmOrder } from '../../src/cache/warm-up.ts'
import { madeUpOrder } from './orders-in-memory.ts'

const MIB = 1_048_576

function emptyCache(maxBytes = MIB): OrderCache {
  return createOrderCache({ maxBytes, load: async () => undefined })
}

/** Orders of which the newest is number 0. */
function stored(count: number) {
  const asked: (number | undefined)[] = []
  return {
    asked,
    readPage: async (after: number | undefined, limit: number): Promise<WarmOrder<number>[]> => {
      asked.push(after)
      const first = after === undefined ? 0 : after + 1
      const length = Math.max(0, Math.min(limit, count - first))
      return Array.from({ length }, (_, n) => ({
        uid: String(first + n),
        place: first + n,
        order: () => madeUpOrder(String(first + n)),
      }))
    },
  }
}

const NEVER = new AbortController().signal

test('all orders are taken in when they fit, in pages, and then it is done', async () => {
  const cache = emptyCache(16 * MIB)
  const { asked, readPage } = stored(4_500)
  const warmUp = new WarmUp({ cache, readPage, stopping: NEVER })
  assert.deepEqual(warmUp.progress, { state: 'running', loaded: 0 })
  await warmUp.run()
  assert.deepEqual(warmUp.progress, { state: 'done', loaded: 4_500 })
  assert.equal(cache.stats().entries, 4_500)
  assert.deepEqual(asked, [undefined, 1_999, 3_999, 4_499])
})

test('it stops when the cache is full, with the newest in it and none pushed out', async () => {
  const cache = emptyCache()
  const warmUp = new WarmUp({ cache, ...stored(100_000), stopping: NEVER })
  await warmUp.run()
  const { entries, evictions } = cache.stats()
  assert.equal(warmUp.progress.loaded, entries)
  assert.equal(evictions, 0)
  assert.ok(cache.has('0') && cache.has(String(entries - 1)) && !cache.has(String(entries)))
})

test('afterwards the oldest of them are dropped first', async () => {
  const cache = emptyCache()
  const warmUp = new WarmUp({ cache, ...stored(100_000), stopping: NEVER })
  await warmUp.run()
  const oldest = cache.stats().entries - 1
  cache.put('later', madeUpOrder('later'))
  cache.put('and later', madeUpOrder('and later'))
  assert.deepEqual([cache.has(String(oldest)), cache.has('0'), cache.has('later')], [false, true, true])
})

test('what was stored meanwhile is neither pushed out nor replaced', async () => {
  const cache = emptyCache()
  const live = { ...madeUpOrder('3'), etag: '"live"' }
  cache.put('3', live)
  cache.put('new', madeUpOrder('new'))
  await new WarmUp({ cache, ...stored(100_000), stopping: NEVER }).run()
  assert.equal(cache.peek('3')?.etag, '"live"')
  assert.equal(cache.has('new'), true)
})

test('a page that can not be read ends it with that error, and it can be run again', async () => {
  const cache = emptyCache(16 * MIB)
  const { readPage } = stored(5_000)
  let failing = true
  const warmUp = new WarmUp({
    cache,
    readPage: async (after: number | undefined, limit: number) => {
      if (after !== undefined && failing) throw new Error('away')
      return readPage(after, limit)
    },
    stopping: NEVER,
  })
  await assert.rejects(warmUp.run(), /away/)
  assert.deepEqual(warmUp.progress, { state: 'running', loaded: 2_000 })
  failing = false
  await warmUp.run()
  assert.deepEqual(warmUp.progress, { state: 'done', loaded: 5_000 })
})

test('stopping ends it between two orders', async () => {
  const cache = emptyCache(16 * MIB)
  const stopping = new AbortController()
  const { readPage } = stored(5_000)
  const warmUp = new WarmUp({
    cache,
    readPage: async (after: number | undefined, limit: number) => {
      if (after !== undefined) stopping.abort()
      return readPage(after, limit)
    },
    stopping: stopping.signal,
  })
  await warmUp.run()
  assert.ok(cache.stats().entries < 4_000)
})

test('without a cache nothing is read', async () => {
  const { asked, readPage } = stored(10)
  const warmUp = new WarmUp({ cache: emptyCache(0), readPage, stopping: NEVER })
  await warmUp.run()
  assert.deepEqual([warmUp.progress.state, asked], ['off', []])
})
