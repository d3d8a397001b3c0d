import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OnePartition, settledOf, STORED_ONE } from './one-partition.ts'
import { SimulatedInstance } from './simulated-instance.ts'
import { afterEverything } from './simulated-time.ts'

test('a record that was dropped unread when the group assigned anew is read again, not passed over', async () => {
  using world = new OnePartition()
  await world.reachIdleLook()
  world.kafka.produce(0, 'a', 1)
  world.owner.reader?.fetch(0)
  world.owner.worker.resume()
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE])
})

test('a record that was dropped unread when the partition went away is left to the next instance', async () => {
  using world = new OnePartition()
  await world.reachIdleLook()
  world.kafka.produce(0, 'a', 1)
  const before = world.owner
  before.reader?.fetch(0)
  await world.happen({ kind: 'move', partition: 0, a: 0, b: 0 })
  await world.settle()
  assert.deepEqual([settledOf(before), settledOf(world.owner)], [[], [STORED_ONE]])
})

test('a gap is not booked by the log of another topic id', async () => {
  using world = new OnePartition()
  await world.reach('readable')
  world.kafka.produce(0, 'a', 1)
  world.kafka.expire(0, 1)
  const before = world.owner
  await world.reach(() => before.reader?.position === 1)
  await world.reach('range')
  world.kafka.delete()
  world.kafka.create()
  await world.settle()
  assert.deepEqual(settledOf(before), [])
})

test('a log that was cut below a transaction marker holds, and is read again after a rewind', async () => {
  using world = new OnePartition()
  world.kafka.mark(0)
  await world.reach(() => world.nextOffset === 1)
  world.kafka.elect(0, 1)
  world.kafka.produce(0, 'a', 1)
  await world.reach(() => world.owner.worker.status.reason === 'log_diverged')
  assert.equal(world.nextOffset, 1)
  await world.settle()
  assert.ok(world.owner.told.includes(STORED_ONE))
})

test('a log that ends below the ledger holds, and says where it stands', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach(() => world.nextOffset === 1)
  world.kafka.elect(0, 1)
  const { status } = world.owner.worker
  await world.reach(() => status.state === 'held')
  assert.equal(status.reason, 'log_diverged')
  assert.match(status.detail, /orders-0 .* stands at 1, but the log ends at 0/)
})

test('a partition whose last offset holds no record flows again after an outage', async () => {
  using world = new OnePartition()
  world.kafka.mark(0)
  await world.reach(() => world.nextOffset === 1)
  await world.happen({ kind: 'crash', partition: 0, a: 1, b: 0 })
  await world.reach('create row')
  await world.letHappen('create row', 7)
  await world.letHappen('probe database', 7)
  assert.equal(world.owner.worker.status.reason, 'database_unreachable')
  await world.settle()
  assert.equal(world.owner.worker.status.state, 'flowing')
})

test('a commit whose answer was lost is told once the ledger shows that it took effect', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  await world.letHappen('commit', 5)
  assert.deepEqual(settledOf(world.owner), [])
  assert.deepEqual(world.owner.actor.waitsFor, ['probe database'])
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE])
})

test('a commit whose answer was lost and that took no effect is made again', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  await world.letHappen('commit', 6)
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE])
})

test('a commit that is still under way is waited for before anything is read', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  await world.letHappen('commit', 7)
  await world.reach('open row')
  await world.letHappen('open row')
  assert.deepEqual(world.owner.actor.waitsFor, ['open row'])
  world.database.finishOne(true)
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE])
})

test('records that expired unread on an idle partition are an alarm, also when the answer was lost', async () => {
  using world = new OnePartition()
  await world.reach('readable')
  for (let i = 0; i < 3; i++) world.kafka.produce(0, 'a', 1)
  world.kafka.expire(0, 3)
  await world.reach('commit')
  await world.letHappen('commit', 5)
  await world.settle()
  assert.deepEqual(
    world.owner.told.filter((what) => what.startsWith('expired')),
    ['expired: 3'],
  )
  assert.equal(world.nextOffset, 3)
})

test('a missing topic holds its partitions until it is created', async () => {
  using world = new OnePartition()
  world.kafka.delete()
  await world.reach(() => world.owner.told.includes('held: topic_missing'))
  await world.settle()
  assert.deepEqual(world.owner.told.slice(-1), ['flowing from 0'])
})

test('a topic with fewer partitions holds those it lacks', async () => {
  using world = new OnePartition()
  const lacking = world.start(2)
  assert.ok(lacking instanceof SimulatedInstance)
  await world.reach(() => lacking.told.includes('held: topic_missing'), lacking)
})

test("a stale instance's batch is fenced: nothing of it is written, and it reads the ledger again", async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  const stale = world.owner
  await world.reach('begin')
  await world.happen({ kind: 'freeze', partition: 0, a: 0, b: 0 })
  await world.reach(() => world.nextOffset === 1)
  await world.letHappen('begin', 0, stale)
  await world.reach(() => stale.told.includes('fenced: 0 to 1'), stale)
  await world.settle()
  assert.deepEqual([settledOf(stale), settledOf(world.owner)], [[], [STORED_ONE]])
})

test('while one batch is written, the next one is filled, and written after it', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  for (const uid of ['b', 'c']) {
    world.kafka.produce(0, uid, 1)
    await world.letHappen('readable')
  }
  assert.deepEqual(world.owner.actor.waitsFor, ['commit', 'readable'])
  await world.letHappen('commit')
  assert.ok(world.owner.actor.waitsFor.includes('begin'))
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE, STORED_ONE.replace('1 {"stored":1', '2 {"stored":2')])
})

test('a worker that stops ends the batch that is being written, and begins none', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  world.kafka.produce(0, 'b', 1)
  world.owner.reader?.fetch(0)
  let stopped = false
  const stopping = world.owner.worker.stop().then(() => {
    stopped = true
  })
  await afterEverything()
  assert.equal(stopped, false)
  await world.letHappen('commit')
  await stopping
  assert.deepEqual([settledOf(world.owner), world.nextOffset], [[STORED_ONE], 1])
})

test('a dead letter that can not be produced holds the partition, and nothing of its batch is committed', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  world.kafka.produce(0, 'b', undefined)
  await world.reach('produce')
  await world.letHappen('produce', 7)
  await world.letHappen('probe kafka', 7)
  assert.equal(world.owner.worker.status.reason, 'broker_unreachable')
  assert.deepEqual([world.nextOffset, world.database.tables.orders.size], [0, 0])
  await world.settle()
  assert.equal(world.nextOffset, 2)
})

test('a dead letter that can not be produced time after time holds the partition, though Kafka answers', async () => {
  using world = new OnePartition()
  world.kafka.produce(0, 'a', 1)
  await world.reach(() => world.nextOffset === 1)
  world.kafka.produce(0, 'b', undefined)
  for (const state of ['flowing', 'held', 'held']) {
    await world.reach('produce')
    await world.letHappen('produce', 7)
    await world.letHappen('probe kafka')
    assert.equal(world.owner.worker.status.state, state)
  }
  await world.settle()
  assert.equal(world.nextOffset, 2)
})

test('a database that went back while the topic was idle is noticed, and everything since is read again', async () => {
  using world = new OnePartition()
  await world.reach('readable')
  world.database.copy()
  world.kafka.produce(0, 'a', 1)
  await world.reach(() => world.nextOffset === 1)
  world.database.restore(1)
  assert.equal(world.nextOffset, 0)
  await world.settle()
  assert.deepEqual(settledOf(world.owner), [STORED_ONE, STORED_ONE])
})

test('what a status says is what is durable', async () => {
  using world = new OnePartition()
  const { status } = world.owner.worker
  assert.deepEqual([status.state, status.nextOffset, status.settledTimestampMs], ['resuming', 0, undefined])
  world.kafka.produce(0, 'a', 1)
  await world.reach('commit')
  assert.equal(status.nextOffset, 0)
  await world.letHappen('commit')
  const { topicId, nextOffset, logEnd, state, reason, settledTimestampMs } = status
  assert.deepEqual([topicId, nextOffset, logEnd, state, reason], ['topic-0', 1, 1, 'flowing', undefined])
  assert.equal(settledTimestampMs, 0)
})
