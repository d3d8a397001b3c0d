import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { entryId, recordDigest, type DeadLetterEntry } from '../../src/pipeline/dead-letters-role.ts'
import type { Header } from '../../src/pipeline/record.ts'
import { deadLettersTransaction, headersFromJson, headersToJson } from '../../src/postgres/dead-letters.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

const HEADERS: readonly Header[] = [
  [Buffer.from('plain'), Buffer.from('value')],
  [Buffer.from('plain'), Buffer.from('again')],
  [Buffer.from('plain'), null],
  [Buffer.from(''), Buffer.from('')],
  [Buffer.from('ключ 🗝'), EVERY_BYTE],
  [Buffer.from('nul\u0000inside'), Buffer.from([0])],
  [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0xc3])],
  [Buffer.from('base64:'), Buffer.from('a')],
  [Buffer.from('base64:cGxhaW4='), Buffer.from('b')],
  [Buffer.from('\ufffd'), Buffer.from('a replacement character of its own')],
  [Buffer.from('"\\\u0001\u2028'), Buffer.from('c')],
]

function entryOf(changes: Partial<DeadLetterEntry> = {}): DeadLetterEntry {
  const source = { topic: 'orders', topicId: randomUUID(), partition: 2, offset: 2 ** 40 }
  const record = { key: EVERY_BYTE, value: EVERY_BYTE, headers: HEADERS, ...changes }
  const digest = recordDigest(record)
  return {
    entry: entryId(source, digest),
    source,
    digest,
    errorType: 'invalid_order',
    errorMessage: '/items must be an array',
    errorStage: 'validate',
    createdAtMs: 1_700_000_000_123,
    lastFailedAtMs: 0,
    attempts: 1,
    ...record,
  }
}

async function archive(...entries: DeadLetterEntry[]): Promise<string[]> {
  const ascending = entries.toSorted((a, b) => (a.entry < b.entry ? -1 : 1))
  const added = await database.transaction((client) => deadLettersTransaction(client).archive(ascending))
  return [...added].toSorted()
}

interface Row {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: [string, string | null][]
  readonly [column: string]: unknown
}

async function rowOf({ entry }: DeadLetterEntry): Promise<Row> {
  const [row] = await database.rows<Row>('select * from dlq where entry = $1', [entry])
  assert.ok(row)
  return row
}

test('key, value and headers are archived byte for byte, with everything that is known of the failure', async () => {
  const entry = entryOf()
  assert.deepEqual(await archive(entry), [entry.entry])
  const { key, value, headers, archived_at: archivedAt, id, ...rest } = await rowOf(entry)
  assert.deepEqual([key, value, headersFromJson(headers)], [EVERY_BYTE, EVERY_BYTE, HEADERS])
  assert.ok(archivedAt instanceof Date && Number(id) > 0)
  assert.deepEqual(rest, {
    entry: entry.entry,
    topic: 'orders',
    source_topic_id: entry.source.topicId,
    source_partition: 2,
    source_offset: String(2 ** 40),
    digest: entry.digest,
    error_type: 'invalid_order',
    error_message: '/items must be an array',
    error_stage: 'validate',
    attempts: 1,
    created_at: new Date(1_700_000_000_123),
    last_failed_at: new Date(0),
    status: 'open',
    resolution: null,
  })
})

test('headers are the same bytes again after they were jsonb, name by name', () => {
  for (const header of HEADERS)
    assert.deepEqual(headersFromJson(JSON.parse(headersToJson([header])) as [string, string | null][]), [
      header,
    ])
  assert.equal(headersToJson([[Buffer.from('plain'), Buffer.from('a')]]), '[["plain","YQ=="]]')
})

test('no key and no value are null, and empty ones are empty', async () => {
  const without = entryOf({ key: null, value: null, headers: [] })
  const empty = entryOf({ key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] })
  assert.equal((await archive(without, empty)).length, 2)
  const [first, second] = [await rowOf(without), await rowOf(empty)]
  assert.deepEqual([first.key, first.value, first.headers], [null, null, []])
  assert.deepEqual([second.key, second.value], [Buffer.alloc(0), Buffer.alloc(0)])
  assert.notDeepEqual(without.digest, empty.digest)
})

test('the same entry twice is archived once, and the second time is told by its absence', async () => {
  const known = entryOf()
  const fresh = entryOf()
  await archive(known)
  assert.deepEqual(await archive(known, fresh), [fresh.entry])
  assert.deepEqual(await archive(known, fresh), [])
  const [row] = await database.rows<{ count: number }>(
    'select count(*)::int as count from dlq where entry = any ($1::uuid[])',
    [[known.entry, fresh.entry]],
  )
  assert.equal(row?.count, 2)
})

test('nothing in a record can make archiving fail: large, many headers, any text, any time', async () => {
  const headers = Array.from({ length: 10_000 }, (_, n): Header => [Buffer.from(`h${n % 7}`), EVERY_BYTE])
  const entries = [
    entryOf({ value: Buffer.alloc(4_000_000, 0xff) }),
    entryOf({ headers }),
    entryOf({ errorMessage: 'nul \u0000 and half a pair \ud800', errorType: '\u0000', errorStage: '\udfff' }),
    entryOf({ createdAtMs: 253_402_300_799_999, lastFailedAtMs: 253_402_300_799_999, attempts: 2 ** 31 - 1 }),
  ]
  assert.equal((await archive(...entries)).length, entries.length)
  const rows = await Promise.all(entries.map(rowOf))
  assert.equal(rows[0]?.value?.length, 4_000_000)
  assert.deepEqual(headersFromJson(rows[1]?.headers ?? []), headers)
  assert.deepEqual(
    [rows[2]?.['error_message'], rows[2]?.['error_type'], rows[2]?.['error_stage']],
    ['nul \u2400 and half a pair \ufffd', '\u2400', '\ufffd'],
  )
  assert.deepEqual(rows[3]?.['created_at'], new Date(253_402_300_799_999))
})
