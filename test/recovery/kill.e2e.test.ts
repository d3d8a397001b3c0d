import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerNode } from '../../stack/server-node.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, waitUntilSettled } from './books.ts'
import { MIXED, startLoad } from './load.ts'
import { brokerOf, startOwnStack } from './own-stack.ts'
import { createTopic, placeOn } from './place.ts'

/** For a longer run by hand: SLUICE_KILL_ROUNDS=30. */
const ROUNDS = Number(process.env['SLUICE_KILL_ROUNDS'] ?? 3)
const RATE = Number(process.env['SLUICE_KILL_RATE'] ?? 2_000)
const BETWEEN_KILLS_MS = 1_500

function oneToThreeSeconds(): Promise<void> {
  return delay(1_000 + Math.random() * 2_000)
}

async function killForAWhile(server: ServerNode): Promise<void> {
  await server.kill()
  await oneToThreeSeconds()
  await server.start()
}

/** Orders flow into the database through this instance; a new one has to wait until the dead one's session ends. */
async function waitUntilItStores(service: ServiceUnderTest, what: string): Promise<void> {
  const stored = await service.metric('orders_processed_total')
  await waitUntil(async () => (await service.metric('orders_processed_total')) > stored + RATE / 10, {
    deadlineMs: 40_000,
    what,
  })
}

it('nothing is lost or doubled when instances, the broker and PostgreSQL are killed under load', async (test) => {
  const stack = await startOwnStack(test)
  const place = placeOn(stack)
  await createTopic(place, place.orders)
  const load = startLoad(test, place, { seed: place.orders, shares: MIXED, rate: RATE })
  let elder = await startServiceProcess(test, place.environment)
  let younger = await startServiceProcess(test, place.environment)
  await waitUntilItStores(younger, 'it stores')

  for (let round = 1; round <= ROUNDS; round++) {
    const broker = killForAWhile(brokerOf(stack))
    await delay(BETWEEN_KILLS_MS)
    const postgres = killForAWhile(stack.postgres)
    await delay(BETWEEN_KILLS_MS)
    elder.signal('SIGKILL')
    assert.equal(await elder.exited, 'SIGKILL')
    await Promise.all([broker, postgres, oneToThreeSeconds()])

    elder = younger
    younger = await startServiceProcess(test, place.environment)
    await waitUntilItStores(elder, `the instance that was left stores again in round ${round}`)
    await waitUntilItStores(younger, `the new instance stores in round ${round}`)
  }

  await load.stop()
  await waitUntilSettled(place, 60_000)
  await expectEachAccountedFor(place, load.acknowledged)
  await expectBalanced(place)
  for (const service of [elder, younger]) {
    const unexpected = service.events.filter(({ event }) => event === 'partition_held_unclassified')
    assert.deepEqual(unexpected, [])
    assert.equal(await service.stop(), 0)
  }
})
