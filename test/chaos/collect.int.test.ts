import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { judge } from '../../chaos/checker/checks.ts'
import { collect, type CollectionPlan } from '../../chaos/checker/collect.ts'
import type { Acknowledged, Evidence } from '../../chaos/checker/evidence.ts'
import { recordDigest } from '../../chaos/checker/record-digest.ts'
import { waitUntilSettled } from '../../chaos/checker/settled.ts'
import { readContent } from '../../src/order/order-content.ts'
import type { LoadRecord } from '../../src/producer/records.ts'
import { MIXED, produce } from '../recovery/load.ts'
import { createTopic, placeOnSharedStack, query, siteOf } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { LIMITS } from './made-up-evidence.ts'

const RECORDS = 1_000
const LIMIT = { maxBytes: 1_000_000, maxDepth: 10 }

const place = await placeOnSharedStack({ after })
const plan: CollectionPlan = { ...siteOf(place), environment: place.environment }

function acknowledge({ kind, key, value }: LoadRecord): Acknowledged {
  const digest = recordDigest({ key, value, headers: [] })
  const reading = readContent(value, LIMIT)
  if (!reading.ok) return { kind, digest }
  const { uid, contentHash } = reading.content
  return { kind, digest, uid, content: contentHash.toString('hex') }
}

/** What only a whole run has: nobody looked, read or watched here. */
async function evidenceOf(acknowledged: readonly Acknowledged[], settledAfterMs?: number): Promise<Evidence> {
  const nothing = { looks: [], reads: [], instances: [], resets: [], troubles: [] }
  return { ...nothing, acknowledged, settledAfterMs, ...(await collect(plan)) }
}

/** Nobody watched the instance, so its counters are not known. */
function failing(evidence: Evidence): string[] {
  return judge(evidence, LIMITS)
    .filter(({ name, ok }) => !ok && name !== 'the counters agree with the ledger')
    .map(({ name }) => name)
}

test('what was produced is found again in topics and tables, and what is changed there is seen', async (t) => {
  await createTopic(place, place.orders)
  const service = await startServiceProcess(t, place.environment)
  const produced = await produce(place, RECORDS, { seed: place.orders, shares: MIXED })
  const acknowledged = produced.map(acknowledge)
  const settledAfterMs = await waitUntilSettled(plan, { deadlineMs: 30_000 })
  const evidence = await evidenceOf(acknowledged, settledAfterMs)
  assert.deepEqual(failing(evidence), [])
  assert.equal(evidence.orders.length, RECORDS * 0.95)
  assert.equal(evidence.deadLetters.length, RECORDS * 0.03)
  assert.equal(evidence.topics.flatMap(({ ranges }) => ranges).length, 12)
  assert.equal(await service.stop(), 0)

  await query(place.dsn, `update items set price = price + 1 where ctid = (select min(ctid) from items)`)
  await query(
    place.dsn,
    `update dlq set value = value || '\\x20' where id = (select min(id) from dlq where error_type <> 'conflict')`,
  )
  await query(place.dsn, `delete from payment where order_uid = (select max(order_uid) from orders)`)
  assert.deepEqual(failing(await evidenceOf(acknowledged, settledAfterMs)), [
    'every acknowledged record has an end',
    'every order is whole',
    'a dead letter is a record that was acknowledged',
    'the audit balances',
  ])
})

test('a record that nobody reads is not settled at the deadline', async () => {
  await produce(place, 1, { seed: `${place.orders}-late` })
  assert.equal(await waitUntilSettled(plan, { deadlineMs: 600 }), undefined)
})
