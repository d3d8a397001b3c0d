import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { countsOf, planRecords, type PlannedRecord } from '../../src/producer/plan.ts'
import { seedFrom } from '../../src/producer/random.ts'

const SEED = seedFrom('plan')
const SHARES = { invalid: 0.01, duplicate: 0.01, conflict: 0.001 }

function count(records: readonly PlannedRecord[]): Record<string, number> {
  const counts = { valid: 0, invalid: 0, duplicate: 0, conflict: 0 }
  for (const { kind } of records) counts[kind]++
  return counts
}

function firstOf(records: Iterable<PlannedRecord>, limit: number): PlannedRecord[] {
  const first: PlannedRecord[] = []
  for (const record of records) {
    if (first.length === limit) break
    first.push(record)
  }
  return first
}

test('each kind has exactly its rounded share of the count', () => {
  const records = [...planRecords(SEED, 100_000, SHARES)]
  assert.deepEqual(count(records), { valid: 97_900, invalid: 1000, duplicate: 1000, conflict: 100 })
})

test('any count and any shares come out exactly, and every repetition has an original before it', () => {
  // Three shares of 0.3, each rounded up, leave at least one of 20 records valid.
  const share = fc.double({ min: 0, max: 0.3, noNaN: true })
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 2000 }),
      share,
      share,
      share,
      (total, invalid, duplicate, conflict) => {
        const shares = { invalid, duplicate, conflict }
        const seen = new Set<number>()
        const records = [...planRecords(SEED, total, shares)]
        for (const { kind, order } of records) {
          if (kind === 'valid') seen.add(order)
          else assert.ok(kind === 'invalid' || seen.has(order))
        }
        assert.deepEqual(count(records), countsOf(total, shares))
      },
    ),
  )
})

test('each tenth of the records has about a tenth of each kind', () => {
  const records = [...planRecords(SEED, 100_000, SHARES)]
  for (let from = 0; from < records.length; from += 10_000) {
    const { invalid, duplicate, conflict } = count(records.slice(from, from + 10_000))
    assert.ok(
      Math.abs(invalid! - 100) <= 1 && Math.abs(duplicate! - 100) <= 1 && Math.abs(conflict! - 10) <= 1,
    )
  }
})

test('a plan without end keeps its shares', () => {
  const records = firstOf(planRecords(SEED, undefined, SHARES), 20_000)
  assert.deepEqual(count(records), { valid: 19_580, invalid: 200, duplicate: 200, conflict: 20 })
})

test('the same arguments give the same plan, another seed other originals', () => {
  const plan = (seed: string) => [...planRecords(seedFrom(seed), 1000, { ...SHARES, duplicate: 0.3 })]
  assert.deepEqual(plan('a'), plan('a'))
  assert.notDeepEqual(plan('a'), plan('b'))
})

test('orders are numbered without gaps', () => {
  const valid = [...planRecords(SEED, 1000, SHARES)].filter(({ kind }) => kind === 'valid')
  assert.deepEqual(
    valid.map(({ order }) => order),
    valid.map((_, index) => index),
  )
})

test('shares that leave nothing to repeat are refused before anything is made', () => {
  assert.throws(() => planRecords(SEED, 10, { invalid: 0, duplicate: 1, conflict: 0 }), RangeError)
  assert.throws(() => planRecords(SEED, 10, { invalid: 0.6, duplicate: 0.6, conflict: 0 }), RangeError)
  assert.throws(() => planRecords(SEED, undefined, { invalid: 0.5, duplicate: 0.5, conflict: 0 }), RangeError)
  assert.deepEqual(count([...planRecords(SEED, 5, { invalid: 1, duplicate: 0, conflict: 0 })]), {
    valid: 0,
    invalid: 5,
    duplicate: 0,
    conflict: 0,
  })
  assert.deepEqual([...planRecords(SEED, 0, SHARES)], [])
})
