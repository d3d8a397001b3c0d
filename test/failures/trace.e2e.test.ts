import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openProducer } from '../../src/kafka/producer.ts'
import { headersFromJson } from '../../src/postgres/dead-letters.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const place = await placeOnSharedStack({ after })

test('the trace of a record goes with it into the log and the dead letter', async () => {
  const service = await startServiceProcess({ after }, place.environment)
  {
    const settings = { brokers: place.brokers.split(','), clientId: 'test' }
    await using producer = openProducer(settings, { giveUpAfterMs: 30_000, onError: () => {} })
    const headers = [[Buffer.from('traceparent'), Buffer.from(TRACE)]] as const
    await producer.send([{ topic: place.orders, key: null, value: Buffer.from('{'), headers }])
  }
  await waitUntilSettled(place)
  const [letter] = await query<{ headers: [string, string | null][] }>(place.dsn, 'select headers from dlq')
  const kept = headersFromJson(letter?.headers ?? []).map(([name, value]) => [String(name), String(value)])
  assert.equal(new Map(kept as [string, string][]).get('traceparent'), TRACE)
  const logged = await waitUntil(() => service.events.find(({ event }) => event === 'dead_letter_produced'), {
    deadlineMs: 5_000,
    what: 'it is in the log',
  })
  assert.equal(logged['traceparent'], TRACE)
})
