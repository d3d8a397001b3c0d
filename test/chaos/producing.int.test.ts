import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { startProducing, type Producing } from '../../chaos/workload/producing.ts'
import { createTopic, endsOf, placeOnSharedStack, withAdmin, type Place } from '../recovery/place.ts'
import { waitUntil } from '../stack-under-test.ts'

const SHARES = { invalid: 0.05, duplicate: 0.05, conflict: 0.05 }

interface Way {
  readonly place: Place
  readonly producing: Producing
  readonly linesInList: () => number
}

async function produceOn(test: TestContext, hostile: number): Promise<Way> {
  const place = await placeOnSharedStack(test)
  await createTopic(place, place.orders)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-producing-'))
  test.after(() => rmSync(folder, { recursive: true }))
  const { brokers } = place
  const plan = { seed: place.orders, rate: 500, shares: SHARES, hostile }
  const producing = await startProducing({ folder, brokers, topics: place }, plan)
  test.after(() => producing[Symbol.asyncDispose]())
  const list = join(folder, 'acknowledged.ndjson')
  return { place, producing, linesInList: () => readFileSync(list, 'utf8').split('\n').length - 1 }
}

async function recordsIn(place: Place): Promise<number> {
  return (await endsOf(place, place.orders)).ranges.reduce((sum, { end }) => sum + end, 0)
}

async function goesOn({ producing }: Way): Promise<void> {
  const before = producing.acknowledged()
  await waitUntil(() => producing.acknowledged() > before + 100, { deadlineMs: 20_000, what: 'it goes on' })
}

it('all that was made before a pause is acknowledged and in the list, and nothing is made before it ends', async (t) => {
  const way = await produceOn(t, 0.1)
  const { place, producing, linesInList } = way
  await goesOn(way)
  await producing.pause()
  const count = producing.acknowledged()
  assert.deepEqual([await recordsIn(place), linesInList()], [count, count])
  await producing.pause()
  assert.equal(producing.acknowledged(), count)
  producing.resume()
  await goesOn(way)
  const list = await producing.stop()
  assert.equal(list.length, await recordsIn(place))
  const uids = new Set(list.filter(({ kind }) => kind === 'valid').map(({ uid }) => uid))
  assert.ok(uids.has(producing.recent()))
})

it('the producer goes on in a topic that was deleted and made anew under it', async (t) => {
  const way = await produceOn(t, 0)
  const { place, producing } = way
  await withAdmin(place, (admin) => admin.deleteTopics({ topics: [place.orders] }))
  const before = producing.acknowledged()
  await waitUntil(() => createTopic(place, place.orders).then(() => true), {
    deadlineMs: 10_000,
    what: 'the old one is gone',
  })
  await goesOn(way)
  await producing.stop()
  assert.ok((await recordsIn(place)) >= 100 && producing.acknowledged() > before)
})

it('a producer that dies is no run without loss', async (t) => {
  const place = await placeOnSharedStack(t)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-producing-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const plan = { seed: 'x', rate: 500, shares: { ...SHARES, invalid: 2 }, hostile: 0 }
  const starting = startProducing({ folder, brokers: place.brokers, topics: place }, plan)
  await assert.rejects(starting, /ended by itself: 1\n[^]*exceed 1/)
})
