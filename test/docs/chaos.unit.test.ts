import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHECKS } from '../../chaos/checker/checks.ts'
import { FAULTS } from '../../chaos/nemesis/nemesis.ts'
import { PLANTED_BUGS } from '../chaos/bugs.ts'
import { codeSpans, readPage } from './markdown.ts'

const { text } = readPage('docs/CHAOS.md')

describe('the page on chaos', () => {
  it('names every fault that can happen', () => {
    const named = new Set(codeSpans(text))
    const names = FAULTS.map(({ name }) => name.replace(/^connections to (the database|Kafka) /, ''))
    assert.deepEqual(
      names.filter((name) => !named.has(name)),
      [],
    )
  })

  it('names for each planted bug the checks that catch it, by their names', () => {
    const checks = new Set(CHECKS.map(({ name }) => name))
    for (const { caughtBy } of PLANTED_BUGS) {
      for (const name of caughtBy) assert.ok(checks.has(name), `there is no check "${name}"`)
      if (caughtBy.length > 0) assert.ok(text.includes(`| ${caughtBy.join('; ')} |`), caughtBy.join('; '))
    }
  })
})
