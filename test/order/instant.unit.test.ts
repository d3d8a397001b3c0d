import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalInstant, epochSeconds, microsecondsSince2000 } from '../../src/order/instant.ts'

const CANONICAL: Readonly<Record<string, string>> = {
  '2021-11-26T06:22:19Z': '2021-11-26T06:22:19Z',
  '2021-11-26T06:22:19+00:00': '2021-11-26T06:22:19Z',
  '2021-11-26T06:22:19-00:00': '2021-11-26T06:22:19Z',
  '2021-11-26T06:22:19.000Z': '2021-11-26T06:22:19Z',
  '2021-11-26T06:22:19.100Z': '2021-11-26T06:22:19.1Z',
  '2021-11-26T06:22:19.123456789Z': '2021-11-26T06:22:19.123456Z',
  '2021-11-26T06:22:19.000000999Z': '2021-11-26T06:22:19Z',
  '2026-03-01T03:04:05.123456+03:00': '2026-03-01T00:04:05.123456Z',
  '2026-03-01T00:30:00.5+03:00': '2026-02-28T21:30:00.5Z',
  '2024-02-28T23:59:59-23:59': '2024-02-29T23:58:59Z',
  '2024-02-29T00:00:00Z': '2024-02-29T00:00:00Z',
  '2000-02-29T00:00:00Z': '2000-02-29T00:00:00Z',
  '2023-12-31T23:59:59-00:01': '2024-01-01T00:00:59Z',
  '0001-01-01T00:00:00Z': '0001-01-01T00:00:00Z',
  '0001-01-01T23:59:00+23:59': '0001-01-01T00:00:00Z',
  '0000-12-31T23:00:00-01:00': '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z': '9999-12-31T23:59:59.999999Z',
  '0099-03-01T00:00:00+00:01': '0099-02-28T23:59:00Z',
}

for (const [text, canonical] of Object.entries(CANONICAL))
  test(`${text} is ${canonical}`, () => assert.equal(canonicalInstant(text), canonical))

const REFUSED = [
  '',
  'now',
  'infinity',
  '-infinity',
  'epoch',
  '2021-11-26',
  '2021-11-26T06:22:19',
  '2021-11-26T06:22Z',
  '2021-11-26 06:22:19Z',
  '2021-11-26t06:22:19Z',
  '2021-11-26T06:22:19z',
  '2021-11-26T06:22:19+0300',
  '2021-11-26T06:22:19+3:00',
  '2021-11-26T06:22:19+24:00',
  '2021-11-26T06:22:19+03:60',
  '2021-11-26T06:22:19.Z',
  '2021-11-26T06:22:19.1234567890Z',
  '2021-11-26T06:22:19,5Z',
  '2021-11-26T06:22:60Z',
  '2021-11-26T06:60:00Z',
  '2021-11-26T24:00:00Z',
  '2021-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2021-02-30T00:00:00Z',
  '2021-04-31T00:00:00Z',
  '2021-00-01T00:00:00Z',
  '2021-13-01T00:00:00Z',
  '2021-01-00T00:00:00Z',
  '2021-01-32T00:00:00Z',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '10000-01-01T00:00:00Z',
  '+2021-11-26T06:22:19Z',
  '２０２１-11-26T06:22:19Z',
  '2021-11-26T06:22:19Z\n',
  ' 2021-11-26T06:22:19Z',
]

for (const text of REFUSED)
  test(`${JSON.stringify(text)} is no instant`, () => assert.equal(canonicalInstant(text), undefined))

test('microseconds count from the year 2000, as in binary timestamptz', () => {
  assert.equal(microsecondsSince2000('2000-01-01T00:00:00Z'), 0n)
  assert.equal(microsecondsSince2000('2000-01-01T00:00:00.000001Z'), 1n)
  assert.equal(microsecondsSince2000('1999-12-31T23:59:59.5Z'), -500_000n)
  assert.equal(microsecondsSince2000('2021-11-26T06:22:19Z'), (1_637_907_739n - 946_684_800n) * 1_000_000n)
})

test('seconds and microseconds agree with the calendar of Date, in every year from 1 to 9999', () => {
  const min = new Date('0001-01-01T00:00:00Z')
  const max = new Date('9999-12-31T23:59:59.999Z')
  fc.assert(
    fc.property(
      fc.date({ min, max, noInvalidDate: true }),
      fc.integer({ min: 0, max: 999 }),
      (date, extra) => {
        const text = date.toISOString().replace('Z', `${String(extra).padStart(3, '0')}Z`)
        const instant = canonicalInstant(text) ?? ''
        assert.equal(canonicalInstant(instant), instant)
        assert.equal(epochSeconds(instant), Math.floor(date.getTime() / 1000))
        const since1970 = BigInt(date.getTime()) * 1000n + BigInt(extra)
        assert.equal(microsecondsSince2000(instant), since1970 - 946_684_800_000_000n)
      },
    ),
  )
})
