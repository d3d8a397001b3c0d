import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRecords } from '../../src/producer/ndjson.ts'
import type { LoadRecord } from '../../src/producer/records.ts'
import { MODEL_BYTES } from '../order/fixtures.ts'

const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 64 }

async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes)
}

async function recordsOf(bytes: Buffer, pieceBytes = bytes.length): Promise<LoadRecord[]> {
  const records: LoadRecord[] = []
  for await (const chunk of readRecords(inPieces(bytes, pieceBytes), LIMITS)) records.push(...chunk)
  return records
}

test('each line is a value byte for byte, however the file is cut into pieces', async () => {
  const lines = ['{"a":1}', ' [1, 2]\r', 'ё', '{"order_uid":"x"}'].map((line) => Buffer.from(line))
  lines.push(Buffer.from([0xff, 0x00]))
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  for (const pieceBytes of [1, 2, 3, 7, bytes.length]) {
    const records = await recordsOf(bytes, pieceBytes)
    assert.deepEqual(
      records.map(({ value }) => value),
      lines,
    )
  }
})

test('the last line needs no line break, and empty lines are passed over', async () => {
  const records = await recordsOf(Buffer.from('\n1\n\n\n2'))
  assert.deepEqual(
    records.map(({ value }) => value?.toString()),
    ['1', '2'],
  )
  assert.deepEqual(await recordsOf(Buffer.from('')), [])
})

test('a valid order is keyed by its uid', async () => {
  const [record] = await recordsOf(MODEL_BYTES)
  assert.equal(record?.kind, 'valid')
  assert.equal(record.key?.toString(), 'b563feb7b2b84b6test')
})

test('an invalid line is keyed by its uid where one can be read, else it has no key', async () => {
  const keys: Readonly<Record<string, string | null>> = {
    '{"order_uid":"u1"}': 'u1',
    '{"order_uid":"not a uid"}': null,
    '{"order_uid":7}': null,
    '["order_uid"]': null,
    null: null,
    '{"order_uid":"u1"': null,
  }
  for (const [line, key] of Object.entries(keys)) {
    const [record] = await recordsOf(Buffer.from(line))
    assert.equal(record?.kind, 'invalid', line)
    assert.equal(record.key?.toString() ?? null, key, line)
  }
})

test('a file without line breaks is refused instead of filling the memory', async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (;;) yield piece
  }
  await assert.rejects(readRecords(endless(), LIMITS).next(), /longer than 67108864 bytes/)
})
