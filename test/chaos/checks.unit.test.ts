import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHECKS, judge } from '../../chaos/checker/checks.ts'
import type { Limits } from '../../chaos/checker/check.ts'
import type { Evidence } from '../../chaos/checker/evidence.ts'
import {
  goodEvidence,
  LIMITS,
  look,
  read,
  replaced,
  row,
  withLife,
  withMetric,
  type Change,
  type Wrong,
} from './made-up-evidence.ts'
import { WRONG_RECORDS } from './wrong-records.ts'
import { WRONG_RUNS } from './wrong-runs.ts'

const WRONG: Wrong = { ...WRONG_RECORDS, ...WRONG_RUNS }

function failing(evidence: Evidence, limits: Limits = LIMITS): string[] {
  return judge(evidence, limits)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)
}

function changed(change: Change): Evidence {
  const good = goodEvidence()
  return { ...good, ...change(good) }
}

describe('the checks of a chaos run', () => {
  it('pass when all is well', () => assert.deepEqual(failing(goodEvidence()), []))

  for (const [check, cases] of Object.entries(WRONG))
    for (const [what, change] of Object.entries(cases))
      it(`${check}: ${what}`, () => assert.ok(failing(changed(change)).includes(check)))

  it('each have been shown to fail', () => {
    const names = CHECKS.map(({ name }) => name)
    assert.deepEqual(Object.keys(WRONG).toSorted(), names.toSorted())
  })

  it('have names of their own', () =>
    assert.equal(new Set(CHECKS.map(({ name }) => name)).size, CHECKS.length))

  it('name what is wrong, the first few of many', () => {
    const orders = Array.from({ length: 30 }, (_, index) => ({
      uid: `z${index}`,
      claimed: 'Z',
      content: 'Z',
      deliveries: 1,
      payments: 1,
    }))
    const verdict = judge(
      changed(() => ({ orders })),
      LIMITS,
    ).find(({ name }) => name === 'nothing is stored that was not acknowledged')
    assert.equal(verdict?.count, 30)
    assert.equal(verdict.findings.length, 5)
    assert.equal(verdict.findings[0], 'order z0 is stored, and no record of it was acknowledged')
  })
})

/** What looks wrong and is not. */
const RIGHT: readonly (readonly [what: string, change: Change, limits?: Partial<Limits>])[] = [
  [
    'a record that was produced again, because its acknowledgement got lost',
    ({ ledger, topics }) => ({
      ledger: [...replaced(ledger, 0, { next: 5, duplicates: 2 })],
      topics: replaced(topics, 0, {
        ranges: [
          { start: 0, end: 5 },
          { start: 0, end: 3 },
        ],
      }),
      instances: [],
      resets: [{ atMs: 1, what: 'failed over' }],
    }),
  ],
  [
    'a reset after which another content won',
    ({ orders, deadLetters }) => ({
      resets: [{ atMs: 2_000, what: 'restored' }],
      orders: replaced(orders, 0, { claimed: 'A2', content: 'A2' }),
      deadLetters: [
        ...deadLetters,
        { ...deadLetters[0]!, entry: 'e-1', digest: 'apple', sourceOffset: 0 },
        { ...deadLetters[0]!, entry: 'e-2', digest: 'apple-spelled-otherwise', sourceOffset: 2 },
      ],
      ledger: [
        row('g', 'orders-id', 0, { next: 4, stored: 2, deadLettered: 2 }),
        row('g', 'orders-id', 1, { next: 3, deadLettered: 3 }),
        row('g-dead-letters', 'dead-letters-id', 0, { next: 4, archived: 6, absent: -2 }),
      ].map((each, index) => (index === 2 ? { ...each, next: 6, absent: 0 } : each)),
      topics: [
        ...goodEvidence().topics.slice(0, 2),
        { ...goodEvidence().topics[2]!, ranges: [{ start: 0, end: 6 }] },
      ],
      reads: [read('a', 1_500, { body: 'A' }), read('a', 3_000, { body: 'A2' })],
    }),
  ],
  [
    'a copy that stays ahead of a ledger that was set back, until that has come back',
    () => ({
      resets: [{ atMs: 2_000, what: 'restored' }],
      looks: [look(1_000, 9, 9), look(2_500, 9, 4), look(4_000, 9, 4), look(5_000, 7, 8), look(6_000, 9, 9)],
    }),
  ],
  [
    'a deleted topic that took as many records with it as were booked',
    ({ acknowledged, ledger }) => ({
      resets: [{ atMs: 2_000, what: 'topic anew' }],
      acknowledged: [...acknowledged, { kind: 'valid', digest: 'cherry', uid: 'c', content: 'C' }],
      ledger: [...ledger, row('g', 'the id before', 0, { next: 1, expired: 1 })],
    }),
  ],
  [
    'an order that is gone for a while after a reset',
    () => ({
      resets: [{ atMs: 2_000, what: 'failed over' }],
      reads: [
        read('b', 1_000, { body: 'B', stored: true }),
        read('b', 2_500, { body: 'B', stored: false }),
        read('b', 9_000, { status: 404 }),
        read('b', 9_500, { body: 'B', stored: true }),
      ],
    }),
  ],
  [
    'an instance that was killed, whose last batches nobody saw counted',
    (good) => ({
      ...withMetric(good, 'orders_records_total{outcome="duplicates"}', 0),
      instances: good.instances.map((instance, index) =>
        index > 0
          ? instance
          : {
              ...instance,
              lives: [
                {
                  ...instance.lives[0]!,
                  ended: { atMs: 4_000, how: 'SIGKILL', by: 'kill' as const },
                  metrics: {
                    ...instance.lives[0]!.metrics,
                    orders_processed_total: 1,
                    'orders_records_total{outcome="stored"}': 1,
                  },
                },
              ],
            },
      ),
    }),
  ],
  [
    'an answer that arrived late, because its instance was frozen',
    ({ reads }) => ({ reads: [...reads, read('a', 5_500, { status: 404 })] }),
  ],
  [
    'an instance that was drained before it was ready',
    (good) => withLife(good, { ended: { atMs: 400, how: 'SIGTERM', by: 'drain' } }),
  ],
  [
    'an instance that was drained',
    (good) => withLife(good, { ended: { atMs: 5_000, how: 'exit code 0', by: 'drain' }, drainMs: 900 }),
  ],
  [
    'an instance that could not finish, because a server was away',
    (good) => ({
      ...withLife(good, { ended: { atMs: 15_000, how: 'exit code 1', by: 'drain' }, drainMs: 9_000 }),
      troubles: [{ atMs: 1_000, endMs: 5_000 }],
    }),
  ],
  [
    'records that retention took, where that was part of the run',
    ({ ledger }) => ({ ledger: replaced(ledger, 0, { expired: 1, duplicates: 0 }), instances: [] }),
    { retention: true },
  ],
]

describe('what no check minds', () => {
  for (const [what, change, limits] of RIGHT)
    it(what, () => {
      const minding = failing(changed(change), { ...LIMITS, ...limits })
      // Where counters are of no interest there is nobody who counted.
      assert.deepEqual(
        minding.filter((name) => name !== 'the counters agree with the ledger'),
        [],
      )
    })

  it('not more records are missing than a deleted topic was booked with', () => {
    const evidence = changed(({ acknowledged, ledger }) => ({
      resets: [{ atMs: 2_000, what: 'topic anew' }],
      acknowledged: [
        ...acknowledged,
        { kind: 'valid', digest: 'cherry', uid: 'c', content: 'C' },
        { kind: 'valid', digest: 'damson', uid: 'd', content: 'D' },
      ],
      ledger: [...ledger, row('g', 'the id before', 0, { next: 1, expired: 1 })],
    }))
    assert.deepEqual(failing(evidence), ['every acknowledged record has an end'])
  })
})
