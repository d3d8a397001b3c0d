import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OnePartition, settledOf, STORED_ONE } from './one-partition.ts'

const HELD = /^held/

function holdsOf({ owner }: OnePartition): string[] {
  return owner.told.filter((what) => HELD.test(what))
}

test('a connection that breaks while the database answers others is no reason to hold', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('store')
  await world.letHappen('store', 7)
  await world.letHappen('probe database')
  await world.settle()
  assert.deepEqual([holdsOf(world), settledOf(world.owner)], [[], [STORED_ONE]])
})

test('what fails twice in a row holds the partition, although a probe is answered', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(holdsOf(world), [])
    await world.reach('store')
    await world.letHappen('store', 7)
    await world.letHappen('probe database')
  }
  assert.deepEqual(holdsOf(world), ['held: database_unreachable'])
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE])
})

test('during an outage the dependency is probed, and nothing else is done, until it answers', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('store')
  world.database.up = false
  await world.letHappen('store')
  for (let probes = 0; probes < 20; probes++) {
    assert.deepEqual(world.owner.actor.waitsFor, ['probe database'])
    await world.letHappen('probe database')
  }
  assert.deepEqual(holdsOf(world), ['held: database_unreachable'])
  world.database.up = true
  await world.letHappen('probe database')
  await world.settle()
  assert.deepEqual([holdsOf(world).length, settledOf(world.owner)], [1, [STORED_ONE]])
})

test('after a hold the first batch has one record, and the next ones grow', async () => {
  using world = new OnePartition()
  for (let n = 0; n < 8; n++) world.kafka.produce(0, `uid-${n}`, 1)
  await world.reach('begin')
  await world.letHappen('begin', 7)
  await world.letHappen('probe database', 7)
  await world.settle()
  const sizes = settledOf(world.owner).map((what) => Number(/^settled: (\d+)/.exec(what)?.[1]))
  assert.equal(sizes[0], 1)
  assert.equal(Math.max(...sizes), 3)
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    8,
  )
})

test('a canary that fails holds the partition; the record that was refused pays nothing for it', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1, { fails: 9 })
  await world.reach('canary')
  await world.letHappen('canary', 7)
  await world.letHappen('probe database', 7)
  assert.deepEqual(holdsOf(world), ['held: database_unreachable'])
  assert.deepEqual([world.kafka.retried.size, world.kafka.deadLetters.size, world.nextOffset], [0, 0, 0])
  await world.settle()
  assert.deepEqual([world.kafka.retried.size, world.kafka.deadLetters.size], [2, 1])
})

test('a worker that stops while a circuit is open waits for nobody', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('store')
  await world.letHappen('store', 7)
  await world.letHappen('probe database', 7)
  let stopped = false
  void world.owner.worker.stop().then(() => {
    stopped = true
  })
  await world.reach(() => stopped)
  assert.deepEqual(world.owner.actor.waitsFor, ['probe database'])
})
