import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordDigest, type DigestedRecord } from '../../chaos/checker/record-digest.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

const RECORD: DigestedRecord = {
  key: bytes('key'),
  value: bytes('value'),
  headers: [
    [bytes('one'), bytes('1')],
    [bytes('two'), null],
  ],
}

test('headers of ours do not count, wherever they stand', () => {
  const headers = [
    [bytes('retry'), bytes('3')] as const,
    ...RECORD.headers,
    [bytes('error_type'), null] as const,
  ]
  assert.equal(recordDigest({ ...RECORD, headers }), recordDigest(RECORD))
})

const OTHERS: Readonly<Record<string, Partial<DigestedRecord>>> = {
  'another key': { key: bytes('kez') },
  'no key': { key: null },
  'another value': { value: bytes('valuf') },
  'an empty value': { value: Buffer.alloc(0) },
  'no value': { value: null },
  'no headers': { headers: [] },
  'headers in another order': { headers: RECORD.headers.toReversed() },
  'a header twice': { headers: [...RECORD.headers, ...RECORD.headers.slice(0, 1)] },
  'an empty header instead of none': { headers: [RECORD.headers[0]!, [bytes('two'), bytes('')]] },
  'bytes that moved from key to value': { key: bytes('keyv'), value: bytes('alue') },
  'bytes that moved from a name to its header': { headers: [[bytes('on'), bytes('e1')], RECORD.headers[1]!] },
  'a name that is nearly ours': { headers: [...RECORD.headers, [bytes('Retry'), bytes('3')]] },
}

test('every other difference makes another digest', () => {
  const digests = Object.values(OTHERS).map((other) => recordDigest({ ...RECORD, ...other }))
  assert.equal(new Set([recordDigest(RECORD), ...digests]).size, digests.length + 1)
})
