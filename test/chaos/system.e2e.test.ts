import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { startSystem } from '../../chaos/system/system.ts'
import { startLooks } from '../../chaos/workload/looks.ts'
import { startProducing } from '../../chaos/workload/producing.ts'
import { startReaders } from '../../chaos/workload/readers.ts'
import { resetStack } from '../../stack/stack.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { query } from '../recovery/place.ts'
import { waitUntil } from '../stack-under-test.ts'

const PLAN = {
  seed: 'system',
  rate: 300,
  shares: { invalid: 0.02, duplicate: 0.02, conflict: 0.02 },
  hostile: 0.05,
}

function runFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-test-'))
  chmodSync(folder, 0o755) // PostgreSQL, which root runs as another user, must get in
  test.after(async () => {
    await resetStack(join(folder, 'stack'))
    rmSync(folder, { recursive: true })
  })
  return folder
}

it('a system under load is seen from outside while its parts fail, and its producer loses count of nothing', async (t) => {
  const folder = runFolder(t)
  await using system = await startSystem({ folder, instances: 2, brokers: 1, report: () => {} })
  await using producing = await startProducing(system, PLAN)
  const readers = startReaders(system, producing)
  const looks = startLooks(system)
  const at = (what: string) => t.diagnostic(`${Math.round(system.elapsedMs())} ms: ${what}`)
  at('it runs')
  const produces = async (more: number) => {
    const from = producing.acknowledged()
    await waitUntil(() => producing.acknowledged() > from + more, { deadlineMs: 30_000, what: 'it produces' })
  }
  const [first, second] = system.instances
  const [broker] = system.stack.kafka.nodes
  const [kafkaProxy] = system.kafkaProxies
  const { databaseProxy, stack } = system
  const { standby: pair } = stack
  assert.ok(first && second && broker && kafkaProxy && pair)

  await produces(300)
  assert.equal(await databaseProxy.cutAtCommit('after', 3), 3)
  at('cut')
  // Killed, its partitions would wait for its session to run out.
  assert.equal((await first.drain()).code, 0)
  assert.ok(kafkaProxy.reset(1) > 0)
  await broker.kill()
  const before = producing.acknowledged()
  await pair.failOver()
  databaseProxy.retarget(pair.primary.port)
  first.start()
  await broker.start()
  await produces(300)
  at('whole again')
  await producing.pause()
  const paused = producing.acknowledged()
  assert.ok(paused > before)
  producing.resume()
  await produces(100)
  const acknowledged = await producing.stop()
  assert.equal(acknowledged.length, producing.acknowledged())

  const { dsn, brokers, topics, group, environment } = system
  assert.equal(dsn, pair.primary.dsn)
  await waitUntilSettled({ dsn, brokers, ...topics, group, environment }, 30_000)
  at('settled')
  await first.kill()
  const reads = await readers.stop()
  const seen = await looks.stop()

  const orders = new Map(
    acknowledged.flatMap(({ uid, content }) => (uid === undefined ? [] : [[uid, content]])),
  )
  const stored = await query<{ uid: string }>(dsn, 'select order_uid as uid from orders')
  assert.deepEqual(new Set(stored.map(({ uid }) => uid)), new Set(orders.keys()))
  assert.ok(acknowledged.some(({ kind }) => kind === 'hostile'))

  const found = reads.filter(({ status }) => status === 200)
  assert.ok(found.length > 20, `${found.length} orders were found`)
  assert.ok(found.some((read) => read.stored === true))
  assert.deepEqual(
    found.filter(({ uid }) => !orders.has(uid)),
    [],
  )
  assert.ok(reads.some(({ uid, status }) => uid.startsWith('never-produced') && status === 404))
  assert.deepEqual(new Set(seen.map((look) => look.group)).has(group), true)
  const last = seen.filter(({ atMs }) => atMs === seen.at(-1)?.atMs)
  assert.ok(last.length >= 4)
  assert.deepEqual(
    last.filter(({ committed, next }) => next === undefined || committed > next),
    [],
  )
  const [life, later] = first.story().lives
  assert.deepEqual([life?.ended?.by, later?.ended?.by], ['drain', 'kill'])
  assert.ok((life?.metrics['orders_processed_total'] ?? 0) > 0, JSON.stringify(life))
  assert.deepEqual(second.story().lives.length, 1)
})
