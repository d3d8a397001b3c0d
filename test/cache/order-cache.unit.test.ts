import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOrderCache, type CachedOrder } from '../../src/cache/order-cache.ts'
import { answering, madeUpOrder } from './orders-in-memory.ts'

const MIB = 1_048_576
const NOTHING = async (): Promise<undefined> => undefined

test('an order that was read is in memory from then on, the same bytes and the same tag', async () => {
  const order = madeUpOrder('a')
  let loads = 0
  const cache = createOrderCache({ maxBytes: MIB, load: async () => ((loads += 1), order) })
  assert.deepEqual(await cache.read('a'), order)
  assert.deepEqual(cache.read('a'), order)
  assert.equal(loads, 1)
  const { hits, misses, entries } = cache.stats()
  assert.deepEqual({ hits, misses, entries }, { hits: 1, misses: 1, entries: 1 })
})

for (const maxBytes of [MIB, 0]) {
  test(`readers of one order at the same time share one query, with ${maxBytes} bytes of cache`, async () => {
    const { asked, load } = answering()
    const cache = createOrderCache({ maxBytes, load })
    const readers = Array.from({ length: 100 }, async () => cache.read('a'))
    const other = cache.read('b')
    assert.deepEqual(
      asked.map(({ uid }) => uid),
      ['a', 'b'],
    )
    for (const { uid, answer } of asked) answer(madeUpOrder(uid))
    for (const order of await Promise.all(readers)) assert.deepEqual(order, madeUpOrder('a'))
    assert.deepEqual(await other, madeUpOrder('b'))
  })

  test(`a failed read fails all who wait for it and none after, with ${maxBytes} bytes of cache`, async () => {
    const { asked, load } = answering()
    const cache = createOrderCache({ maxBytes, load })
    const readers = [cache.read('a'), cache.read('a')]
    asked[0]?.fail(new Error('away'))
    for (const reader of readers) await assert.rejects(Promise.resolve(reader), /away/)
    const again = cache.read('a')
    asked[1]?.answer(madeUpOrder('a'))
    assert.deepEqual(await again, madeUpOrder('a'))
  })
}

test('an unknown uid is not asked for again for a second, then it is', async () => {
  let nowMs = 5_000
  let loads = 0
  const load = async (): Promise<undefined> => void (loads += 1)
  const cache = createOrderCache({ maxBytes: MIB, load, now: () => nowMs })
  assert.equal(await cache.read('a'), undefined)
  assert.equal(await cache.read('a'), undefined)
  assert.equal(loads, 1)
  nowMs += 1_001
  assert.equal(await cache.read('a'), undefined)
  assert.equal(loads, 2)
})

test('an unknown uid is forgotten when that order is stored', async () => {
  let stored: CachedOrder | undefined
  const cache = createOrderCache({ maxBytes: MIB, load: async () => stored })
  assert.equal(await cache.read('a'), undefined)
  stored = madeUpOrder('a')
  assert.equal(await cache.read('a'), undefined)
  cache.stored('a')
  assert.deepEqual(await cache.read('a'), stored)
})

test('a read that began before an order was stored says nothing to those who ask after it', async () => {
  const { asked, load } = answering()
  const cache = createOrderCache({ maxBytes: MIB, load })
  const before = cache.read('a')
  cache.stored('a')
  const after = cache.read('a')
  asked[0]?.answer(undefined)
  assert.equal(await before, undefined)
  asked[1]?.answer(madeUpOrder('a'))
  assert.deepEqual(await after, madeUpOrder('a'))
  assert.deepEqual(cache.read('a'), madeUpOrder('a'))
})

test('an order that is stored although it is in memory is read again: the database was set back', async () => {
  const other = { ...madeUpOrder('a'), etag: '"other"' }
  const cache = createOrderCache({ maxBytes: MIB, load: async () => other })
  cache.put('a', madeUpOrder('a'))
  cache.stored('a')
  assert.deepEqual(await cache.read('a'), other)
})

test('an erased order is gone at once, and no read or warm-up that began before brings it back', async () => {
  const { asked, load } = answering()
  const cache = createOrderCache({ maxBytes: MIB, load })
  cache.put('a', madeUpOrder('a'))
  cache.forget('a')
  assert.equal(cache.peek('a'), undefined)
  const began = cache.read('b')
  cache.forget('b')
  asked[0]?.answer(madeUpOrder('b'))
  await began
  assert.equal(cache.has('b'), false)
  assert.equal(cache.fill('a', madeUpOrder('a')), 'passed by')
  cache.put('b', madeUpOrder('b'))
  assert.deepEqual([cache.has('a'), cache.has('b')], [false, false])
})

test('what was used longest ago makes room, and evictions are counted', () => {
  const cache = createOrderCache({ maxBytes: MIB, load: NOTHING })
  let uid = 0
  while (cache.stats().evictions === 0) {
    cache.peek('0')
    cache.put(String(uid), madeUpOrder(String(uid)))
    uid++
  }
  assert.equal(cache.has('0'), true)
  assert.equal(cache.has('1'), false)
  const { bytes, entries } = cache.stats()
  assert.ok(bytes <= MIB)
  assert.equal(entries, uid - 1)
})

test('an order larger than a share of the cache passes by, and is read each time', async () => {
  let loads = 0
  const large = madeUpOrder('large', MIB / 32)
  const cache = createOrderCache({ maxBytes: MIB, load: async () => ((loads += 1), large) })
  cache.put('small', madeUpOrder('small'))
  cache.put('large', large)
  assert.deepEqual(await cache.read('large'), large)
  assert.deepEqual(await cache.read('large'), large)
  assert.equal(loads, 2)
  assert.deepEqual([cache.has('small'), cache.stats().evictions], [true, 0])
})

test('a small slice of a large block of memory does not keep the block', () => {
  const cache = createOrderCache({ maxBytes: MIB, load: NOTHING })
  const block = Buffer.alloc(65_536, 'x')
  cache.put('a', { bytes: block.subarray(100, 200), etag: '"a"' })
  const kept = cache.peek('a')
  assert.equal(kept?.bytes.toString(), 'x'.repeat(100))
  assert.equal(kept?.bytes.buffer.byteLength, 100)
})

test('without memory every read asks, and nothing is kept', async () => {
  const cache = createOrderCache({ maxBytes: 0, load: async (uid) => madeUpOrder(uid) })
  cache.put('a', madeUpOrder('a'))
  assert.equal(cache.peek('a'), undefined)
  assert.deepEqual(await cache.read('a'), madeUpOrder('a'))
  assert.equal(cache.fill('a', madeUpOrder('a')), 'full')
  const { bytes, entries, hits, misses } = cache.stats()
  assert.deepEqual({ bytes, entries, hits, misses }, { bytes: 0, entries: 0, hits: 0, misses: 1 })
})

for (const maxBytes of [MIB, 0]) {
  test(`after it was cleared nothing is in memory, nor is what a read before brings, with ${maxBytes} bytes of cache`, async () => {
    const { asked, load } = answering()
    const cache = createOrderCache({ maxBytes, load })
    cache.put('a', madeUpOrder('a'))
    const early = cache.read('b')
    cache.clear()
    assert.equal(cache.peek('a'), undefined)
    const late = cache.read('b')
    assert.equal(asked.length, 2)
    asked[0]?.answer(madeUpOrder('b'))
    await early
    assert.equal(cache.peek('b'), undefined)
    asked[1]?.answer(undefined)
    assert.equal(await late, undefined)
    assert.deepEqual([cache.stats().entries, cache.stats().bytes], [0, 0])
  })
}
