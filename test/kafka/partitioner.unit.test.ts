import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionHash } from '../../src/kafka/partitioner.ts'

/** From `UtilsTest.testMurmur2` of Apache Kafka. */
const VECTORS: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
}

for (const [key, hash] of Object.entries(VECTORS))
  test(`the hash of "${key}" is the one that Kafka's Java clients take`, () => {
    assert.equal(murmur2(Buffer.from(key)), hash)
    assert.equal(partitionHash(Buffer.from(key)), hash & 0x7fffffff)
  })

test('keys of every length have a hash', () => {
  const hashes = Array.from({ length: 9 }, (_, length) => partitionHash(Buffer.alloc(length, 0xff)))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.ok(hashes.every((hash) => Number.isInteger(hash) && hash >= 0))
})
