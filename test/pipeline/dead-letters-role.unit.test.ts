import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deadLettersRole,
  entryId,
  recordDigest,
  type DeadLetterEntry,
  type DeadLettersTransaction,
  type SettledDeadLetters,
} from '../../src/pipeline/dead-letters-role.ts'
import { deadLetterHeaders, parseHeaders } from '../../src/pipeline/headers.ts'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import type { SourceRecord } from '../../src/pipeline/record.ts'
import { header, recordAt, TOPIC_ID } from './made-up-records.ts'

const DLQ: LedgerKey = {
  consumerGroup: 'group-dead-letters',
  topic: 'orders_dlq',
  topicId: 'dddddddd-1111-4222-8333-444455556666',
  partition: 0,
}

class MadeUpArchive implements DeadLettersTransaction {
  readonly entries = new Map<string, DeadLetterEntry>()
  readonly statements: string[][] = []

  async archive(entries: readonly DeadLetterEntry[]): Promise<ReadonlySet<string>> {
    this.statements.push(entries.map(({ entry }) => entry))
    const added = entries.filter(({ entry }) => !this.entries.has(entry))
    for (const entry of added) this.entries.set(entry.entry, entry)
    return new Set(added.map(({ entry }) => entry))
  }
}

const role = deadLettersRole({ onCommitted: () => {} })

function settle(archive: MadeUpArchive, ...records: SourceRecord[]): Promise<SettledDeadLetters> {
  return role.settle(
    archive,
    records.map((record) => role.prepare(record)),
    DLQ,
  )
}

/** As the orders role produces the dead letter of `source`; `offset` is where it then lies. */
function deadLetterOf(source: SourceRecord, offset: number, topicId = TOPIC_ID): SourceRecord {
  const failure = { type: 'invalid_order', stage: 'validate', message: 'broken at /items' } as const
  const headers = deadLetterHeaders(source, topicId, parseHeaders(source.headers), failure, 1_700_000_000_000)
  return recordAt(offset, { ...source, topic: 'orders_dlq', offset, headers })
}

function entryOf(record: SourceRecord): DeadLetterEntry {
  return role.prepare(record).toEntry(DLQ.topicId)
}

test('a dead letter is archived byte for byte, with what its headers say of the failure', () => {
  const source = recordAt(42, { partition: 3, headers: [header('retry', '2'), header('x-id', '1')] })
  const record = deadLetterOf(source, 7)
  const { entry, digest, ...rest } = entryOf({ ...record, timestampMs: 1_700_000_005_000 })
  assert.deepEqual(rest, {
    source: { topic: 'orders', topicId: TOPIC_ID, partition: 3, offset: 42 },
    key: source.key,
    value: source.value,
    headers: record.headers,
    errorType: 'invalid_order',
    errorMessage: 'broken at /items',
    errorStage: 'validate',
    createdAtMs: 1_700_000_000_000,
    lastFailedAtMs: 1_700_000_005_000,
    attempts: 3,
  })
  assert.match(entry, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(digest.length, 32)
})

test('the entry of a dead letter follows from where it failed and what it holds, not from where it lies', () => {
  const source = recordAt(42)
  const entries = [1, 9].map((offset) => entryOf(deadLetterOf(source, offset)).entry)
  assert.equal(entries[0], entries[1])
  // A fixed one: links and tokens hold it, and a restored database must make the same.
  const coordinates = { topic: 'orders', topicId: TOPIC_ID, partition: 0, offset: 42 }
  assert.equal(entryId(coordinates, recordDigest(source)), entries[0])
})

test('a dead letter that was produced twice is archived once', async () => {
  const archive = new MadeUpArchive()
  const record = deadLetterOf(recordAt(42), 0)
  const first = await settle(archive, record, deadLetterOf(recordAt(42), 1), deadLetterOf(recordAt(43), 2))
  assert.deepEqual(first.counts, { archived: 2, duplicates: 1 })
  const again = await settle(archive, deadLetterOf(recordAt(42), 3))
  assert.deepEqual(again.counts, { archived: 0, duplicates: 1 })
  assert.deepEqual(again.archived, [])
  assert.equal(archive.entries.size, 2)
})

test('entries are archived distinct and ascending, so that two instances never wait in a circle', async () => {
  const archive = new MadeUpArchive()
  await settle(archive, ...[1, 2, 3, 4, 1, 2].map((offset, at) => deadLetterOf(recordAt(offset), at)))
  const [ids] = archive.statements
  assert.equal(ids?.length, 4)
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => (a < b ? -1 : 1)),
  )
})

test('the same offset of another topic id, partition or content is another entry', () => {
  const source = recordAt(42)
  const entries = [
    deadLetterOf(source, 0),
    deadLetterOf(source, 0, TOPIC_ID.replace('0a', '0b')),
    deadLetterOf({ ...source, partition: 1 }, 0),
    deadLetterOf({ ...source, offset: 43 }, 0),
    deadLetterOf({ ...source, key: null }, 0),
    deadLetterOf({ ...source, value: Buffer.from('other') }, 0),
    deadLetterOf({ ...source, headers: [header('x-id', '1')] }, 0),
  ].map((record) => entryOf(record).entry)
  assert.equal(new Set(entries).size, entries.length)
})

test('forged source coordinates never hide a record: another content under them is another entry', async () => {
  const archive = new MadeUpArchive()
  const honest = deadLetterOf(recordAt(42), 0)
  const forged = { ...honest, offset: 1, value: Buffer.from('forged') }
  assert.deepEqual((await settle(archive, honest, forged)).counts, { archived: 2, duplicates: 0 })
  assert.deepEqual(
    [...archive.entries.values()].map(({ value }) => value),
    archive.statements[0]?.map((entry) => archive.entries.get(entry)?.value),
  )
})

test("somebody else's record is known by where it lies, and says that it came without a cause", () => {
  const { source, errorType, errorMessage, errorStage, attempts, createdAtMs } = entryOf(
    recordAt(5, { topic: 'orders_dlq', partition: 2, timestampMs: 1_600_000_000_000 }),
  )
  assert.deepEqual(source, { topic: 'orders_dlq', topicId: DLQ.topicId, partition: 2, offset: 5 })
  assert.deepEqual([errorType, errorStage, attempts, createdAtMs], ['unclassified', '', 1, 1_600_000_000_000])
  assert.match(errorMessage, /without a cause/)
})

test('two equal records of somebody else are two entries: they lie in different places', async () => {
  const value = Buffer.from('same')
  const same = (offset: number) => recordAt(offset, { key: null, value })
  assert.deepEqual((await settle(new MadeUpArchive(), same(1), same(2))).counts, {
    archived: 2,
    duplicates: 0,
  })
})

test('malformed headers of ours are counted and not trusted', () => {
  const headers = [header('retry', '-1'), header('source-topic', 'orders'), header('source-offset', '1e9')]
  const prepared = role.prepare(recordAt(5, { topic: 'orders_dlq', headers }))
  assert.equal(prepared.malformedHeaders, 2)
  const { source, attempts } = prepared.toEntry(DLQ.topicId)
  assert.deepEqual([source.topic, source.offset, attempts], ['orders_dlq', 5, 1])
})

const INSTANTS: ReadonlyArray<readonly [says: string, ms: number, kept: number]> = [
  ['before 1970', -62_135_596_800_000, 0],
  ['the unknown timestamp of old clients', -1, 0],
  ['the year 9999', 253_402_300_799_999, 253_402_300_799_999],
  ['beyond the year 9999', 253_402_300_800_000, 253_402_300_799_999],
  ['the largest that Kafka takes', Number.MAX_SAFE_INTEGER, 253_402_300_799_999],
]

for (const [says, ms, kept] of INSTANTS) {
  test(`a timestamp that is the producer's word is kept within what the database takes: ${says}`, () => {
    const { createdAtMs, lastFailedAtMs } = entryOf(recordAt(1, { timestampMs: ms }))
    assert.deepEqual([createdAtMs, lastFailedAtMs], [kept, kept])
  })
}

test('a first failure in a header is kept within what the database takes', () => {
  const headers = [header('first-failed-at', '999999999999999')]
  assert.equal(entryOf(recordAt(1, { headers })).createdAtMs, 253_402_300_799_999)
})

test('no two records share a digest by moving bytes between key, value and headers', () => {
  const bytes = (text: string) => Buffer.from(text)
  const records: ReadonlyArray<Parameters<typeof recordDigest>[0]> = [
    { key: bytes('ab'), value: bytes('c'), headers: [] },
    { key: bytes('a'), value: bytes('bc'), headers: [] },
    { key: bytes(''), value: bytes('abc'), headers: [] },
    { key: null, value: bytes('abc'), headers: [] },
    { key: bytes('abc'), value: null, headers: [] },
    { key: bytes('abc'), value: bytes(''), headers: [] },
    { key: bytes('a'), value: bytes('b'), headers: [header('c', '')] },
    { key: bytes('a'), value: bytes('b'), headers: [header('', 'c')] },
    { key: bytes('a'), value: bytes('b'), headers: [header('c', null)] },
    { key: bytes('a'), value: bytes('b'), headers: [header('c', ''), header('c', '')] },
    { key: null, value: null, headers: [] },
    { key: null, value: null, headers: [header('', null)] },
  ]
  assert.equal(new Set(records.map((record) => recordDigest(record).toString('hex'))).size, records.length)
})

test('headers of ours are no part of the digest: it is the same at every hop', () => {
  const source = recordAt(42, { headers: [header('x-id', '1')] })
  assert.deepEqual(recordDigest(deadLetterOf(source, 1)), recordDigest(source))
})
