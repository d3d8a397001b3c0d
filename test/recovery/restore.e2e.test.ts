import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { join } from 'node:path'
import type { Stack } from '../../stack/stack.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, progressOf, waitUntilSettled } from './books.ts'
import { MIXED, produce, startLoad } from './load.ts'
import { startOwnStack } from './own-stack.ts'
import { createTopic, placeOn, query, type Place } from './place.ts'

/** A copy needs the server stopped; services that run see a short outage. */
async function backUp({ postgres }: Stack, folder: string): Promise<void> {
  await postgres.stop()
  await postgres.copyTo(folder)
  await postgres.start()
}

async function restore({ postgres }: Stack, folder: string): Promise<void> {
  await postgres.stop()
  await postgres.restoreFrom(folder)
  await postgres.start()
}

/** Each test starts with an empty database, so that the books of one do not show in those of the next. */
async function emptyPlace(stack: Stack): Promise<Place> {
  await query(stack.dsn, 'drop schema public cascade')
  await query(stack.dsn, 'create schema public')
  const place = placeOn(stack)
  await createTopic(place, place.orders)
  return place
}

describe('a database that is restored from an older copy', () => {
  const removals: (() => void | Promise<void>)[] = []
  let stack: Stack

  before(async () => {
    stack = await startOwnStack({ after: (undo) => removals.push(undo) })
  })
  after(async () => {
    for (const remove of removals.toReversed()) await remove()
  })

  it('with instances stopped, gets everything since by itself', async (test) => {
    const place = await emptyPlace(stack)
    const first = await startServiceProcess(test, place.environment)
    const early = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    const copy = join(stack.dir, 'copy-stopped')
    await backUp(stack, copy)
    const late = await produce(place, 1_500, { seed: `${place.orders}-late`, shares: MIXED })
    await waitUntilSettled(place)
    await first.stop()

    await restore(stack, copy)
    assert.ok((await progressOf(place)) <= early.length)
    const second = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, [...early, ...late])
    await expectBalanced(place)
    assert.equal(await second.stop(), 0)
  })

  it('with instances running and nothing produced, gets everything since by itself', async (test) => {
    const place = await emptyPlace(stack)
    await startServiceProcess(test, place.environment)
    await startServiceProcess(test, place.environment)
    const reader = await startServiceProcess(test, { ...place.environment, ROLES: 'http' })
    const early = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    const copy = join(stack.dir, 'copy-idle')
    const drops = (count: number) =>
      waitUntil(() => reader.events.filter(({ event }) => event === 'memory_dropped').length >= count, {
        deadlineMs: 20_000,
        what: 'who only reads notices that the server was started anew',
      })
    await backUp(stack, copy)
    await drops(1)
    const late = await produce(place, 1_500, { seed: `${place.orders}-late`, shares: MIXED })
    await waitUntilSettled(place)

    await restore(stack, copy)
    assert.ok((await progressOf(place)) < early.length + late.length)
    await waitUntilSettled(place)
    await drops(2)
    await expectEachAccountedFor(place, [...early, ...late])
    await expectBalanced(place)
  })

  it('with instances running under load, gets everything since by itself', async (test) => {
    const place = await emptyPlace(stack)
    const load = startLoad(test, place, { seed: place.orders, shares: MIXED, rate: 500 })
    await startServiceProcess(test, place.environment)
    await startServiceProcess(test, place.environment)
    await waitUntil(async () => (await progressOf(place)) > 1_000, { deadlineMs: 20_000, what: 'it flows' })
    const copy = join(stack.dir, 'copy-loaded')
    await backUp(stack, copy)
    const saved = await progressOf(place)
    await waitUntil(async () => (await progressOf(place)) > saved + 2_000, {
      deadlineMs: 30_000,
      what: 'it flows after the copy',
    })

    await restore(stack, copy)
    await waitUntil(async () => (await progressOf(place)) > saved + 4_000, {
      deadlineMs: 30_000,
      what: 'it flows after the restore',
    })
    await load.stop()
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, load.acknowledged)
    await expectBalanced(place)
  })

  it('without a broken connection, as behind a proxy, is noticed by a look at the ledger', async (test) => {
    const place = await emptyPlace(stack)
    const service = await startServiceProcess(test, place.environment)
    const early = await produce(place, 1_000, { seed: place.orders, shares: MIXED })
    await waitUntilSettled(place)
    const tables = ['orders', 'delivery', 'payment', 'items', 'dlq', 'ledger']
    const saving = tables.map((table) => `create table saved_${table} as table ${table}`)
    await query(place.dsn, saving.join(';'))
    const late = await produce(place, 500, { seed: `${place.orders}-late`, shares: MIXED })
    await waitUntilSettled(place)

    const restoring = tables.map((table) => `insert into ${table} table saved_${table}`)
    await query(place.dsn, `begin; truncate ${tables.join(', ')} cascade; ${restoring.join(';')}; commit`)
    assert.ok((await progressOf(place)) < early.length + late.length)
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, [...early, ...late])
    assert.ok(service.events.every(({ event }) => !event.startsWith('partition_held')))
    await expectBalanced(place)
  })
})
