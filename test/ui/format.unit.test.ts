import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ERROR_TYPES, HOLD_REASONS } from '../../src/pipeline/failure.ts'
import { ALARMS } from '../../ui/flow/alarms.ts'
import { formatBytes, formatCount, formatRate, formatShare } from '../../ui/format/numbers.ts'
import {
  formatDuration,
  formatLatency,
  formatLocal,
  formatRelative,
  formatUtc,
} from '../../ui/format/time.ts'
import { pieces, visibleJson, visibleText } from '../../ui/format/visible.ts'
import { en } from '../../ui/words/en.ts'
import { ru } from '../../ui/words/ru.ts'

const NBSP = '\u00A0'

describe('a number', () => {
  it('has the thousands of its language', () => {
    assert.equal(formatCount('en', 1_204_331), '1,204,331')
    assert.equal(formatCount('ru', 1_204_331), `1${NBSP}204${NBSP}331`)
  })

  it('has a decimal as a rate below ten, so that a trickle is not a standstill', () => {
    const shown = [0, 0.04, 0.3, 3, 9.94, 9.96, 12.4, 1_204.4].map((rate) => formatRate('en', rate))
    assert.deepEqual(shown, ['0', '0', '0.3', '3', '9.9', '10', '12', '1,204'])
    assert.equal(formatRate('ru', 0.3), '0,3')
  })

  it('is 100 % as a share only when nothing is missing', () => {
    assert.deepEqual(
      [0, 0.5, 0.961, 0.99999, 1].map((share) => formatShare('en', share)),
      ['0 %', '50 %', '96.1 %', '99.9 %', '100 %'],
    )
  })

  it('counts bytes in units of 1024', () => {
    const shown = [0, 1_023, 1_024, 91 * 1_048_576, 3 * 1_024 ** 4].map((bytes) => formatBytes('en', bytes))
    assert.deepEqual(shown, ['0 B', '1,023 B', '1.0 KiB', '91 MiB', '3.0 TiB'])
  })
})

describe('a duration', () => {
  it('has at most two units', () => {
    const shown = [0, 0.44, 12.3, 59.7, 200, 3_600, 7_500, 90_000, 3_000_000].map((seconds) =>
      formatDuration('en', seconds, en.units),
    )
    assert.deepEqual(shown, [
      '0 s',
      '0.4 s',
      '12 s',
      '1 min',
      '3 min 20 s',
      '1 h',
      '2 h 5 min',
      '1 d 1 h',
      '34 d 17 h',
    ])
    assert.equal(formatDuration('ru', 200, ru.units), '3 мин 20 с')
  })

  it('is in milliseconds as a latency below a second', () => {
    const shown = [0.004_4, 0.25, 0.999_4, 0.999_6, 2.5].map((seconds) =>
      formatLatency('en', seconds, en.units),
    )
    assert.deepEqual(shown, ['4 ms', '250 ms', '999 ms', '1 s', '2.5 s'])
    assert.equal(formatLatency('ru', 0.048, ru.units), '48 мс')
  })
})

describe('an instant', () => {
  const nowMs = Date.parse('2026-11-25T22:00:00Z')

  it('is relative in words of its language', () => {
    assert.equal(formatRelative('en', nowMs - 180_000, nowMs), '3 min. ago')
    assert.equal(formatRelative('en', nowMs + 12_000, nowMs), 'in 12 sec.')
    assert.equal(formatRelative('en', nowMs, nowMs), 'now')
    assert.equal(formatRelative('ru', nowMs - 2 * 86_400_000, nowMs), 'позавчера')
  })

  it('is a day of the calendar beyond a week', () => {
    const monthsAgo = Date.parse('2021-11-15T12:00:00Z')
    assert.equal(formatRelative('en', monthsAgo, nowMs), 'Nov 15, 2021')
    assert.match(formatRelative('ru', monthsAgo, nowMs), /^15 нояб\. 2021/)
  })

  it('is UTC as the logs have it', () => {
    assert.equal(formatUtc(Date.parse('2021-11-26T06:22:19.5Z')), '2021-11-26 06:22:19 UTC')
  })

  it('is local with its zone', () => {
    const atMs = Date.parse('2021-11-26T21:22:19.5Z')
    assert.equal(formatLocal(atMs, 'Europe/Moscow'), '2021-11-27 00:22:19 UTC+3')
    assert.equal(formatLocal(atMs, 'Asia/Kolkata'), '2021-11-27 02:52:19 UTC+5:30')
    assert.equal(formatLocal(atMs, 'UTC'), '2021-11-26 21:22:19 UTC')
  })
})

describe('a text from a record', () => {
  it('names what can not be seen, and leaves the rest as it is', () => {
    assert.deepEqual(pieces('WB\u202Egnp.exe\0'), [
      { kind: 'plain', text: 'WB' },
      { kind: 'unseen', text: 'U+202E' },
      { kind: 'plain', text: 'gnp.exe' },
      { kind: 'unseen', text: 'U+0000' },
    ])
    assert.equal(
      visibleText('a\uFEFFb\u2066c\u00A0d\t\n\uD800\u3164'),
      'aU+FEFFbU+2066cU+00A0dU+0009U+000AU+D800U+3164',
    )
  })

  it('keeps every letter of every script, accents and emoji', () => {
    for (const text of [
      'Крем для рук',
      'חולצה',
      'أهلا',
      '口紅',
      'é e\u0301',
      'नमस्ते',
      '🙂 👍🏽',
      '<b>&amp;"\'',
    ]) {
      assert.deepEqual(pieces(text), [{ kind: 'plain', text }])
    }
  })

  it('has nothing unseen left in its JSON, which still means the same', () => {
    const value = { name: 'a\u202Eb\u0085c\u{E0041}', list: ['\u2028', 'ü'] }
    const shown = visibleJson(value)
    assert.deepEqual(JSON.parse(shown), value)
    assert.deepEqual([...shown.matchAll(/[^\x20-\x7E\n]/g)].map(String), ['ü'])
  })
})

describe('the words', () => {
  it('name every type of failure and every reason to hold, in both languages', () => {
    for (const { failures, parts } of [en, ru]) {
      assert.deepEqual(Object.keys(failures.types).toSorted(), [...ERROR_TYPES].toSorted())
      assert.deepEqual(Object.keys(parts.reasons).toSorted(), [...HOLD_REASONS].toSorted())
    }
  })

  it('raise an alarm for those reasons to hold that the runbooks call one', () => {
    const runbooks = readFileSync(join(import.meta.dirname, '../../docs/OPERATIONS.md'), 'utf8')
    const alarms = [...runbooks.matchAll(/^Hold reason `(\w+)`, an alarm\./gm)].map(([, reason]) => reason)
    assert.deepEqual(new Set(ALARMS), new Set(alarms))
  })

  it('have the plural forms of their language', () => {
    assert.deepEqual(
      [0, 1, 2].map((n) => en.flow.unaccounted(n)),
      ['records unaccounted', 'record unaccounted', 'records unaccounted'],
    )
    assert.deepEqual(
      [0, 1, 2, 5, 11, 21, 24].map((n) => ru.order.items(String(n), n)),
      ['0 товаров', '1 товар', '2 товара', '5 товаров', '11 товаров', '21 товар', '24 товара'],
    )
  })

  it('leave no text in one language that is the same in the other, but for names', () => {
    const same = textsOf(en).filter(([path, text]) => text === new Map(textsOf(ru)).get(path))
    assert.deepEqual(
      same.map(([, text]) => text).toSorted(),
      ['Entry', 'Kafka', 'NM id', 'CHRT id', 'RID', 'PostgreSQL', 'SM id', 'UTC', '–'].toSorted(),
    )
  })
})

function textsOf(words: object, path = ''): (readonly [path: string, text: string])[] {
  return Object.entries(words).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [[`${path}.${name}`, value] as const]
    return typeof value === 'object' && value !== null ? textsOf(value, `${path}.${name}`) : []
  })
}
