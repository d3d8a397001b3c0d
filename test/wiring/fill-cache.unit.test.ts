import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOrderCache } from '../../src/cache/order-cache.ts'
import { canonicalBytes } from '../../src/order/canonical.ts'
import { contentDigest } from '../../src/order/content-hash.ts'
import { readContent } from '../../src/order/order-content.ts'
import type { PreparedOrder } from '../../src/pipeline/orders-role.ts'
import { cacheFiller } from '../../src/wiring/fill-cache.ts'
import { modelOrder } from '../order/fixtures.ts'

const LIMITS = { maxBytes: 1_048_576, maxDepth: 64 }
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** As the role prepares it, out of a record whose value is in a larger block of memory. */
function prepared(uid: string, spell: (canonical: Buffer) => Buffer = (bytes) => bytes): PreparedOrder {
  const value = spell(canonicalBytes({ ...modelOrder(), order_uid: uid }))
  const block = Buffer.concat([Buffer.alloc(10_000), value])
  const reading = readContent(block.subarray(10_000), LIMITS)
  if (!reading.ok) throw new Error(reading.message)
  return { content: reading.content } as PreparedOrder
}

function emptyCache(maxBytes = 64 * 1_048_576) {
  return createOrderCache({ maxBytes, load: async () => undefined })
}

test('an order is in memory when it is stored, in its canonical form and with the tag of that, however it was spelled', () => {
  const cache = emptyCache()
  const spaced = (bytes: Buffer): Buffer => Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), null, 1))
  cacheFiller(cache, SILENT)([prepared('as-canonical'), prepared('as-spaced', spaced)])
  for (const uid of ['as-canonical', 'as-spaced']) {
    const expected = canonicalBytes({ ...modelOrder(), order_uid: uid })
    const kept = cache.peek(uid)
    assert.deepEqual(kept?.bytes, expected)
    assert.equal(kept?.etag, `"${contentDigest(expected)}"`)
    assert.equal(kept?.bytes.buffer.byteLength, expected.length)
  }
})

test('while a backlog is drained a part is kept, the last of each batch, and all again at a pace of daily life', () => {
  let nowMs = 0
  const cache = emptyCache()
  const fill = cacheFiller(cache, SILENT, () => nowMs)
  const batch = (name: string, size: number): PreparedOrder[] => {
    const one = prepared('model')
    return Array.from({ length: size }, (_, n) => ({
      ...one,
      content: one.content && {
        ...one.content,
        uid: `${name}-${n}`,
        contentHash: one.content.contentHash,
        scanned: one.content.scanned,
      },
    }))
  }
  for (let n = 0; n < 10; n++, nowMs += 50) fill(batch(`drain-${n}`, 1_000))
  const { entries } = cache.stats()
  assert.ok(entries >= 2_000 && entries <= 3_000, String(entries))
  assert.equal(cache.has('drain-9-999'), true)
  assert.equal(cache.has('drain-9-0'), false)
  nowMs += 10_000
  fill(batch('calm', 100))
  assert.equal(cache.has('calm-0'), true)
})

test('a uid that was asked for in vain is known as soon as its order is stored, kept or not', async () => {
  const cache = emptyCache(1_048_576)
  assert.equal(await cache.read('late'), undefined)
  let asked = 0
  const watching = { ...cache, stored: (uid: string) => ((asked += 1), cache.stored(uid)) }
  cacheFiller(watching, SILENT, () => 0)([prepared('late')])
  assert.equal(asked, 1)
  assert.notEqual(await cache.read('late'), undefined)
})

test('whatever goes wrong with the cache, the orders are stored: it is logged and that is all', () => {
  const logged: string[] = []
  const broken = {
    ...emptyCache(),
    put: () => {
      throw new Error('out of memory')
    },
  }
  cacheFiller(broken, { ...SILENT, warn: (event) => logged.push(event) })([prepared('a')])
  assert.deepEqual(logged, ['cache_fill_failed'])
})
