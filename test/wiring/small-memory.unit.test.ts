import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withinMemory } from '../../src/wiring/small-memory.ts'

const MIB = 1_048_576

function batchWith(cacheMib: number, maxRecords: number): number {
  const batch = { maxRecords, maxBytes: 4 * MIB, lingerMs: 15 }
  return withinMemory({ cache: { maxBytes: cacheMib * MIB }, batch }).batch.maxRecords
}

describe('what a service keeps in memory', () => {
  it('is fewer records of a batch where the cache is small', () => {
    assert.equal(batchWith(128, 2_000), 2_000)
    assert.equal(batchWith(33, 2_000), 2_000)
    assert.equal(batchWith(32, 2_000), 600)
    assert.equal(batchWith(0, 2_000), 600)
  })

  it('is never more than the settings say', () => {
    assert.equal(batchWith(16, 100), 100)
  })
})
