import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeRecords, type MadeRecord } from '../../chaos/workload/records.ts'

const SHARES = { invalid: 0.05, duplicate: 0.05, conflict: 0.05 }
const COUNT = 1_500

function make(seed: string): MadeRecord[] {
  const records = makeRecords({ topic: 'orders', seed, shares: SHARES, hostile: 0.2 })
  return Array.from({ length: COUNT }, () => records.next().value)
}

const made = make('some')
const entries = made.map(({ entry }) => entry)
const ofKind = (kind: string) => entries.filter((entry) => entry.kind === kind)

it('the same seed makes the same records, and another one none of them', () => {
  assert.deepEqual(make('some'), made)
  const others = new Set(
    make('other')
      .map(({ entry }) => entry.uid)
      .filter((uid) => uid !== undefined),
  )
  assert.deepEqual(
    entries.filter(({ uid }) => uid !== undefined && others.has(uid)),
    [],
  )
})

it('every kind has its share, hostile ones among all records', () => {
  const hostile = ofKind('hostile').length / COUNT
  assert.ok(Math.abs(hostile - 0.2) < 0.05, `${hostile}`)
  for (const kind of ['invalid', 'duplicate', 'conflict']) {
    const share = ofKind(kind).length / (COUNT * (1 - hostile))
    assert.ok(Math.abs(share - 0.05) < 0.02, `${kind} ${share}`)
  }
})

it('a record has a uid and a content exactly when it is an order', () => {
  const areOrders = (kind: string) => new Set(ofKind(kind).map(({ uid }) => uid !== undefined))
  assert.deepEqual(areOrders('valid'), new Set([true]))
  assert.deepEqual(areOrders('duplicate'), new Set([true]))
  assert.deepEqual(areOrders('conflict'), new Set([true]))
  assert.deepEqual(areOrders('invalid'), new Set([false]))
  assert.deepEqual(areOrders('hostile'), new Set([true, false]))
  for (const { uid, content } of entries) assert.equal(uid === undefined, content === undefined)
})

it('a duplicate has the content of its order, and a conflict another one', () => {
  const contents = new Map(ofKind('valid').map(({ uid, content }) => [uid, content]))
  for (const { uid, content } of ofKind('duplicate')) assert.equal(content, contents.get(uid))
  for (const { uid, content } of ofKind('conflict')) {
    assert.ok(contents.has(uid))
    assert.notEqual(content, contents.get(uid))
  }
})

it('no two hostile records are alike, none is an order of another, and none claims to have been tried', () => {
  const hostile = ofKind('hostile')
  assert.equal(new Set(hostile.map(({ digest }) => digest)).size, hostile.length)
  const uids = entries.filter(
    ({ kind, uid }) => uid !== undefined && (kind === 'hostile' || kind === 'valid'),
  )
  assert.equal(new Set(uids.map(({ uid }) => uid)).size, uids.length)
  for (const { outgoing, entry } of made) {
    const retries = outgoing.headers.filter(([name]) => String(name) === 'retry').map(([, n]) => String(n))
    if (entry.kind === 'hostile')
      assert.deepEqual(
        retries.filter((text) => /^\d+$/.test(text)),
        [],
      )
  }
})
