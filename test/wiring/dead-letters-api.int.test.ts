import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeadLetter, DeadLetterSummary } from '../../src/http/contract/dead-letters.ts'
import type { Lookup } from '../../src/http/contract/orders.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { TOPIC_ID } from '../postgres/orders-under-test.ts'
import { allPages, openApi, type List } from './api-under-test.ts'

test('dead letters are listed by their newest failure, filtered, and shown whole', async (t) => {
  const own = await migratedDatabase(t)
  const api = await openApi(t, own)
  await own.rows(
    `insert into dlq (entry, topic, source_topic_id, source_partition, source_offset, digest, key, value, headers,
       error_type, error_message, error_stage, attempts, created_at, last_failed_at, status)
     select md5(n::text)::uuid, 'orders', $1, 0, n, '\\x00', convert_to('dead-' || n, 'UTF8'),
       case n when 3 then null when 4 then '\\xff00'::bytea else convert_to('{"n":' || n || '}', 'UTF8') end,
       '[["retry","MA=="],["trace","/w=="]]', case when n < 5 then 'conflict' else 'invalid_order' end, 'no good',
       'validate', 1, timestamptz '2026-01-01' + n / 2 * interval '1 minute', '2026-01-02',
       case when n = 9 then 'resolved' else 'open' end
     from generate_series(0, 9) n`,
    [TOPIC_ID],
  )
  const all = (await allPages<DeadLetterSummary>(api, '/api/v1/dead-letters?', 3)).flat()
  assert.equal(new Set(all.map(({ entry }) => entry)).size, 10)
  assert.deepEqual(
    all.map(({ created_at: at }) => at),
    all
      .map(({ created_at: at }) => at)
      .toSorted()
      .toReversed(),
  )
  const find = async (query: string): Promise<number[]> =>
    (await api.get<List<DeadLetterSummary>>(`/api/v1/dead-letters?${query}`)).items
      .map(({ offset }) => offset)
      .toSorted((a, b) => a - b)
  assert.deepEqual(await find('error_type=conflict'), [0, 1, 2, 3, 4])
  assert.deepEqual(await find('status=resolved'), [9])
  assert.deepEqual(await find('uid=dead-7'), [7])
  assert.deepEqual(await find('from=2026-01-01T00:03:00Z&to=2026-01-01T00:04:00%2B00:00'), [6, 7])
  const { dead_letters: found } = await api.get<Lookup>('/api/v1/lookup/dead-4')
  assert.equal(found.length, 1)
  const binary = await api.get<DeadLetter>(`/api/v1/dead-letters/${found[0]?.entry}`)
  assert.deepEqual(binary.value, { encoding: 'base64', text: '/wA=', masked: false })
  assert.equal(binary.value_bytes, 2)
  assert.equal(binary.key, 'dead-4')
  assert.deepEqual(binary.headers, [
    { name: 'retry', value: { encoding: 'utf8', text: '0', masked: false } },
    { name: 'trace', value: { encoding: 'base64', text: '/w==', masked: false } },
  ])
  const unknown = await fetch(`${api.url}/api/v1/dead-letters/00000000-0000-4000-8000-000000000000`)
  assert.equal(unknown.status, 404)
})
