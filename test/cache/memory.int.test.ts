import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createOrderCache } from '../../src/cache/order-cache.ts'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { generateOrder } from '../../src/producer/generate.ts'
import { seedFrom } from '../../src/producer/random.ts'
import { cachedOrder } from '../../src/wiring/cache.ts'

const ORDERS = 300_000
const MAX_BYTES = 16 * 1_048_576

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is really in use, after everything that could be freed was. */
async function memoryInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    // What stands behind a Buffer is freed a turn later.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test(`after ${ORDERS} orders a cache of 16 MiB takes at most half as much again, and has the last ones`, async (t) => {
  const cache = createOrderCache({ maxBytes: MAX_BYTES, load: async () => undefined })
  const order = generateOrder(seedFrom('memory'), 1)
  const before = await memoryInUse()
  for (let number = 0; number < ORDERS; number++) {
    const uid = `${order.order_uid}-${number}`
    // As it comes from a record: a slice of a larger block of memory.
    const block = Buffer.concat([Buffer.alloc(2_000), canonicalBytes({ ...order, order_uid: uid })])
    cache.put(uid, cachedOrder(block.subarray(2_000)))
    if (number % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const { bytes, entries, evictions } = cache.stats()
  const real = (await memoryInUse()) - before
  t.diagnostic(`${entries} orders, ${bytes} bytes counted, ${real} in use`)
  assert.equal(entries + evictions, ORDERS)
  assert.ok(bytes <= MAX_BYTES && bytes > 0.99 * MAX_BYTES)
  assert.ok(real <= 1.5 * MAX_BYTES, `${real} bytes in use`)
  assert.ok(cache.has(`${order.order_uid}-${ORDERS - 1}`))
  assert.ok(cache.has(`${order.order_uid}-${ORDERS - entries}`))
  assert.ok(!cache.has(`${order.order_uid}-${ORDERS - entries - 1}`))
})
