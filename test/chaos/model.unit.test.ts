import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { judge } from '../../chaos/checker/checks.ts'
import { evidenceOf, MODEL_LIMITS, type ModelWorld } from './model-worlds.ts'

/**
 * Worlds of the executable model of the ledger's protocol at the end of their schedules: the busiest of thousands
 * under the rules as they are, and for each rule that was taken away or bug that was planted the smallest ones in
 * which that did harm.
 */
const WORLDS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/model-worlds.json'), 'utf8'),
) as readonly ModelWorld[]

const LOST = ['every acknowledged record has an end']
const OVERWRITTEN = ['another content of a stored order is a conflict', 'a conflict is not what is stored']

/** What the model says is wrong, by how its sentence begins, and the checks of which at least one has to see it. */
const SEEN_BY: Readonly<Record<string, readonly string[]>> = {
  // Some are lost by being booked as expired, which accounts for them.
  'G1 lost': [
    ...LOST,
    'each place that was dead-lettered is archived',
    'the books begin where the logs do',
    'records expire only with their topic',
  ],
  'G3 overwritten': [...LOST, ...OVERWRITTEN],
  'G4 offset': ['no offset is committed ahead of the ledger'],
  'books:': ['each row accounts for its offsets'],
  'audit: lag': ['the books stand at the end of the logs'],
}

/** Nobody ran instances, so nobody counted. */
function failing(world: ModelWorld): string[] {
  return judge(evidenceOf(world), MODEL_LIMITS)
    .filter(({ name, ok }) => !ok && name !== 'the counters agree with the ledger')
    .map(({ name }) => name)
}

describe('what the model of the protocol forbids, the checks see', () => {
  for (const world of WORLDS) {
    const { variant, seed, said } = world
    if (said === null) it(`nothing is wrong: ${variant} ${seed}`, () => assert.deepEqual(failing(world), []))
    else
      it(`${said}: ${variant} ${seed}`, () => {
        const expected = Object.entries(SEEN_BY).find(([begins]) => said.startsWith(begins))?.[1]
        const names = failing(world)
        assert.ok(
          expected?.some((name) => names.includes(name)),
          `seen by ${names.join(', ')}`,
        )
      })
  }

  it('for every sentence, and in worlds in which nothing is wrong, resets or not', () => {
    for (const begins of Object.keys(SEEN_BY)) assert.ok(WORLDS.some(({ said }) => said?.startsWith(begins)))
    const well = WORLDS.filter(({ said }) => said === null).map(({ resets }) => resets.length)
    assert.ok(well.includes(0))
    assert.ok(well.some((resets) => resets > 0))
  })
})
