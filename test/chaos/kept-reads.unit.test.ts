import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Read } from '../../chaos/checker/evidence.ts'
import { keptReads } from '../../chaos/workload/kept-reads.ts'

let atMs = 0
function read(uid: string, rest: Partial<Read> = {}): Read {
  return { atMs: atMs++, instance: 'instance 1', uid, status: 200, body: uid, ...rest }
}

it('of ordinary reads an even choice is kept, of as many as may be', () => {
  const kept = keptReads(100)
  for (let n = 0; n < 10_000; n++) kept.add(read(`${n % 50}`, { atMs: n }))
  const all = kept.all()
  assert.equal(all.length, 100)
  assert.ok(all.some((each) => each.atMs > 5_000) && all.some((each) => each.atMs < 5_000))
})

it('reads that were not answered, or that the database does not agree with, are all kept', () => {
  const kept = keptReads(1)
  const telling = [
    read('a', { status: 404 }),
    read('b', { status: 'failed' }),
    read('c', { status: 503 }),
    read('d', { stored: false }),
  ]
  for (const each of telling) {
    kept.add(each)
    for (let n = 0; n < 100; n++) kept.add(read('ordinary', { stored: true }))
  }
  assert.deepEqual(
    kept.all().filter(({ uid }) => uid !== 'ordinary'),
    telling,
  )
})

it('an answer with other bytes is kept beside the first one of its order', () => {
  const kept = keptReads(3)
  const first = read('a')
  kept.add(first)
  for (let n = 0; n < 100; n++) kept.add(read(`${n}`))
  const other = read('a', { body: 'other' })
  kept.add(other)
  assert.deepEqual(
    kept.all().filter(({ uid }) => uid === 'a'),
    [first, other],
  )
})
