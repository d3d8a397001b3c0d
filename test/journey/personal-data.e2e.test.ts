import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Order } from '../../src/order/order.ts'
import { openProducer } from '../../src/kafka/producer.ts'
import { foreignHeaders } from '../../src/pipeline/headers.ts'
import { headersFromJson } from '../../src/postgres/dead-letters.ts'
import { breakOrder } from '../../src/producer/broken.ts'
import { randomAt, seedFrom } from '../../src/producer/random.ts'
import { modelOrder } from '../order/fixtures.ts'
import { readAudit } from '../audit/run-audit.ts'
import { placeOnSharedStack, query, type Place } from '../recovery/place.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { startServiceProcess } from '../service-under-test.ts'

const MARKER = 'Zaphod-Planted'

function planted(uid: string): Order {
  const order = modelOrder()
  const delivery = {
    ...order.delivery,
    name: `${MARKER} Beeblebrox`,
    phone: `+1 ${MARKER}`,
    address: `${MARKER} street 1`,
    email: `${MARKER}@example.org`,
  }
  return { ...order, order_uid: uid, delivery }
}

/** Valid ones, their duplicates and contradictions, and every sort of invalid one, each with the marker in it. */
function values(): (Buffer | null)[] {
  const invalid = Array.from({ length: 150 }, (_, n) =>
    breakOrder(planted(`invalid-${n}`), randomAt(seedFrom('planted'), n, 0)),
  )
  const text = JSON.stringify(planted('text'))
  const order = planted('fields')
  const others = [
    text.replace('"locale":"en"', `"locale":"en","${MARKER}":`),
    text.replace('"locale":"en"', `"locale":${MARKER}`),
    text.slice(0, text.indexOf(MARKER) + 20),
    JSON.stringify(MARKER),
    `${MARKER} is no JSON`,
    JSON.stringify({ ...order, delivery: { ...order.delivery, email: MARKER } }),
    JSON.stringify({ ...order, delivery: { ...order.delivery, name: `${MARKER}\u0000` } }),
    JSON.stringify({ ...order, payment: { ...order.payment, amount: MARKER } }),
    JSON.stringify({ ...order, date_created: MARKER }),
    JSON.stringify({ ...order, order_uid: `${MARKER} ` }),
  ]
  const valid = ['a', 'b', 'a'].map((uid) => JSON.stringify(planted(uid)))
  const conflict = JSON.stringify({ ...planted('a'), customer_id: MARKER })
  return [...invalid, ...[...valid, conflict, ...others].map((each) => Buffer.from(each))]
}

async function produce({ brokers, orders }: Place, ...all: (Buffer | null)[]): Promise<void> {
  const settings = { brokers: brokers.split(','), clientId: 'test' }
  await using producer = openProducer(settings, { giveUpAfterMs: 30_000, onError: () => {} })
  const forged = [Buffer.from('retry'), Buffer.from(MARKER)] as const
  await producer.send(
    all.map((value) => ({ topic: orders, key: Buffer.from('key'), value, headers: [forged] })),
  )
}

test('what is personal in orders stands in no log line, no metric and no header of a dead letter', async (t) => {
  const place = await placeOnSharedStack(t)
  const service = await startServiceProcess(t, { ...place.environment, LOG_LEVEL: 'debug' })
  await produce(place, ...values())
  await waitUntilSettled(place)

  // The database itself refuses one: its error quotes the row.
  const rule = `check (name not like '%Beeblebrox the second')`
  await query(place.dsn, `alter table delivery add constraint refuse ${rule}`)
  const refused = planted('refused')
  refused.delivery.name += ' the second'
  await produce(place, Buffer.from(JSON.stringify(refused)))
  await waitUntilSettled(place)

  const answer = await (await fetch(`${service.url}/orders/a`)).text()
  assert.ok(answer.includes(MARKER), 'who asks for an order gets it')

  const letters = await query<{ text: string; headers: [string, string | null][]; value: Buffer | null }>(
    place.dsn,
    'select concat(error_type, error_message, error_stage) as text, headers, value from dlq',
  )
  const refusals = letters.filter(({ text }) => text.startsWith('rejected_by_database'))
  assert.deepEqual(
    refusals.map(({ value }) => value?.includes('refused')),
    [true],
  )
  assert.ok(
    letters.filter(({ value }) => value?.includes(MARKER)).length > 100,
    'dead letters keep their value',
  )
  for (const { text, headers } of letters) {
    const all = headersFromJson(headers)
    const others = new Set(foreignHeaders(all).map(([name]) => name))
    const ours = all.filter(([name]) => !others.has(name)).map(([, value]) => String(value))
    assert.ok(ours.length > 5)
    assert.ok(![text, ...ours].some((said) => said.includes(MARKER)), `${text} ${ours.join()}`)
  }
  const { balanced, ...report } = await readAudit(place.environment, '--deep', '--settled')
  assert.ok(balanced)
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  assert.equal(await service.stop(), 0)
  assert.ok(service.events.some(({ event }) => event === 'dead_letter_archived'))
  const log = service.events.map((line) => JSON.stringify(line))
  for (const said of [...log, ...metrics.split('\n'), JSON.stringify(report)])
    assert.ok(!said.includes(MARKER), said)
})
