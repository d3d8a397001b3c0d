import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerNode } from '../../stack/server-node.ts'
import type { Stack } from '../../stack/stack.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { expectBalanced, expectEachAccountedFor, progressOf, sumsOf, waitUntilSettled } from './books.ts'
import { startLoad, type Load } from './load.ts'
import { brokerOf, startOwnStack } from './own-stack.ts'
import { createTopic, placeOn, query, type Place } from './place.ts'

/** Short in the suite; by hand, SLUICE_OUTAGE_SECONDS=180 SLUICE_OUTAGE_RATE=1000 is an outage that people talk about. */
const DOWN_MS = Number(process.env['SLUICE_OUTAGE_SECONDS'] ?? 8) * 1_000
const RATE = Number(process.env['SLUICE_OUTAGE_RATE'] ?? 300)
const RECOVERS_WITHIN_MS = 20_000

describe('an outage', () => {
  const removals: (() => void | Promise<void>)[] = []
  let stack: Stack
  let place: Place
  let service: ServiceUnderTest
  let load: Load

  before(async () => {
    const suite = { after: (undo: () => void | Promise<void>) => void removals.push(undo) }
    stack = await startOwnStack(suite)
    place = placeOn(stack)
    await createTopic(place, place.orders)
    service = await startServiceProcess(suite, place.environment)
    load = startLoad(suite, place, { seed: place.orders, rate: RATE })
    await waitUntil(async () => (await progressOf(place)) > 300, { deadlineMs: 20_000, what: 'it flows' })
  })
  after(async () => {
    for (const remove of removals.toReversed()) await remove()
  })

  async function readiness(): Promise<number> {
    return (await fetch(`${service.url}/readyz`)).status
  }

  /** Takes a server away for a while; resolves when orders are stored again. */
  async function outage(
    server: ServerNode,
    dependency: string,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    const settled = await progressOf(place)
    await server.kill()
    const back = delay(DOWN_MS)
    await waitUntil(async () => (await readiness()) === 503, { deadlineMs: DOWN_MS, what: 'it is not ready' })
    assert.equal(await service.metric('orders_circuit_state', `"${dependency}"`), 1)
    await meanwhile()
    assert.equal((await fetch(`${service.url}/livez`)).status, 200)
    await back
    await server.start()
    const startedAtMs = performance.now()
    await waitUntil(async () => (await progressOf(place)) > settled + 300, {
      deadlineMs: RECOVERS_WITHIN_MS,
      what: 'it stores orders again',
    })
    await waitUntil(async () => (await readiness()) === 200, {
      deadlineMs: RECOVERS_WITHIN_MS - (performance.now() - startedAtMs),
      what: 'it is ready again',
    })
  }

  it('of PostgreSQL makes no dead letter; what is in memory is read, the rest says when to come again, and it resumes by itself', async () => {
    const [row] = await query<{ order_uid: string }>(place.dsn, 'select order_uid from orders limit 1')
    const path = `${service.url}/orders/${row?.order_uid}`
    assert.equal((await fetch(path)).status, 200)
    await outage(stack.postgres, 'database', async () => {
      assert.equal((await fetch(path)).status, 200)
      const answer = await fetch(`${service.url}/orders/nobody-has-this`)
      assert.equal(answer.status, 503)
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
      assert.match(answer.headers.get('content-type') ?? '', /problem\+json/)
    })
    assert.equal((await fetch(path)).status, 200)
  })

  it('of Kafka makes no dead letter; reads go on, and it resumes by itself', async () => {
    const [row] = await query<{ order_uid: string }>(place.dsn, 'select order_uid from orders limit 1')
    await outage(brokerOf(stack), 'kafka', async () => {
      assert.equal((await fetch(`${service.url}/orders/${row?.order_uid}`)).status, 200)
    })
  })

  it('leaves the books balanced', async () => {
    await load.stop()
    await waitUntilSettled(place, 30_000 + DOWN_MS)
    await expectEachAccountedFor(place, load.acknowledged)
    const { dead_lettered: deadLettered, retried } = await sumsOf(place, place.group)
    assert.deepEqual([deadLettered, retried], [0, 0])
    assert.equal(await service.metric('orders_dlq_total'), 0)
    assert.equal(await service.metric('orders_retry_total'), 0)
    await expectBalanced(place)
    assert.equal(await service.stop(), 0)
  })
})
