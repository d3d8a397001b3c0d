import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Drain } from '../../bench/drain.ts'
import { formatPage } from '../../bench/report/page.ts'
import { formatText } from '../../bench/report/text.ts'
import type { BenchResult } from '../../bench/run.ts'

const drain = (perSecond: number): Drain => ({ orders: 1, seconds: 1, perSecond })

const RESULT: BenchResult = {
  startedAt: '2026-03-01T10:00:00.000Z',
  minutes: 27.4,
  quick: false,
  machine: {
    cpu: 'Abacus 3000',
    cores: 2,
    memoryBytes: 8 * 2 ** 30,
    loadBefore: 0.1,
    node: 'v24.0.0',
    postgres: '18.1',
    postgresSettings: { fsync: 'on' },
    kafka: '4.3.1',
  },
  rounds: 5,
  serviceFlags: ['--flag'],
  poison: {
    records: 200_000,
    invalidShare: 0.01,
    cases: [
      { name: 'clean', rounds: [20_000, 22_000, 21_000, 20_500, 20_600].map(drain) },
      { name: 'poisoned', rounds: [19_000, 20_000, 20_400, 20_000, 20_100].map(drain) },
    ],
  },
}

test('the text gives median, minimum and maximum, the ratio of medians with those of pairs, and the verdict', () => {
  const text = formatText(RESULT)
  assert.match(text, /^ {2}clean +20,600 +20,000 +22,000 {2}records\/s$/m)
  // Medians 20,000 and 20,600; pairs from 20,000 / 22,000 to 20,100 / 20,600.
  assert.match(text, /^ {2}poisoned \/ clean +0\.971 +0\.909 +0\.976 {2}times$/m)
  assert.match(text, /^met: with 1 % invalid, 0\.95 of the clean rate or more \(0\.971\)$/m)
  assert.match(text, /^processor: 2 × Abacus 3000$/m)
})

test('the page has the same figures in tables, and the targets first', () => {
  const page = formatPage(RESULT)
  assert.match(page, /^\| clean \| 20,600 \| 20,000 \| 22,000 \| records\/s \|$/m)
  assert.match(page, /^\| with 1 % invalid, 0\.95 of the clean rate or more \| 0\.971 \| \*\*met\*\* \|$/m)
  assert.ok(page.indexOf('**met**') < page.indexOf('## Poison'))
})

test('what was not measured is left out', () => {
  assert.doesNotMatch(formatPage(RESULT), /## Drain|## Reads|!\[/)
})

test('figures of a run that was quick or short say so, and others do not', () => {
  for (const format of [formatPage, formatText]) {
    assert.match(format({ ...RESULT, quick: true }), /figures mean little/)
    assert.match(format({ ...RESULT, rounds: 4 }), /fewer than five rounds/)
    assert.doesNotMatch(format(RESULT), /mean little|fewer than five/)
  }
})
