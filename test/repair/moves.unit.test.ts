import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { LedgerColumn } from '../../src/pipeline/ledger.ts'
import { DISPOSITION_COLUMNS, planMove, type MovableRow, type Move } from '../../src/repair/moves.ts'
import { NOTHING } from '../audit/made-up-books.ts'

/** 100 stored from offset 50 on. */
const ROW: MovableRow = {
  origin: 50,
  nextOffset: 150,
  counts: { ...NOTHING, stored: 100 },
  ahead: { forwarded: [], dead_lettered: [] },
}
const LOG = { start: 60, end: 200 }

function refusal(move: Move, row = ROW, log = LOG): string {
  const planned = planMove(move, row, log)
  assert.ok(!planned.ok)
  return planned.why
}

const sumOf = (counts: Partial<Record<LedgerColumn, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0) - 2 * (counts.rewound ?? 0)

const smallCounts = fc.nat({ max: 50 })
/** Ranges above the position, of the one kind and the other in turn. */
const aheadOf = (nextOffset: number): fc.Arbitrary<MovableRow['ahead']> =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), { maxLength: 6 })
    .map((steps) => {
      let at = nextOffset
      const ranges = steps.map(([gap, length]) => {
        const from = at + gap
        at = from + length
        return { from, to: at }
      })
      return {
        forwarded: ranges.filter((_, index) => index % 2 === 0),
        dead_lettered: ranges.filter((_, index) => index % 2 === 1),
      }
    })
const rows: fc.Arbitrary<MovableRow> = fc
  .record({
    origin: fc.nat({ max: 100 }),
    counts: fc.record({
      ...Object.fromEntries(Object.keys(NOTHING).map((column) => [column, smallCounts])),
      // A row that was never rewound so far that it stands below its origin.
      rewound: fc.nat({ max: 5 }),
      absent: fc.integer({ min: 5, max: 50 }),
    }) as fc.Arbitrary<Record<LedgerColumn, number>>,
  })
  .chain(({ origin, counts }) => {
    const nextOffset = origin + sumOf(counts)
    return aheadOf(nextOffset).map((ahead) => ({ origin, counts, nextOffset, ahead }))
  })
const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('skip' as const), to: fc.nat({ max: 700 }) }),
  fc.record({
    kind: fc.constant('rewind' as const),
    to: fc.nat({ max: 700 }),
    takeBack: fc.dictionary(fc.constantFrom(...DISPOSITION_COLUMNS), fc.nat({ max: 60 }), { maxKeys: 3 }),
  }),
  fc.record({
    kind: fc.constant('deleted' as const),
    column: fc.constantFrom('stored' as const, 'archived' as const),
    rows: fc.nat({ max: 60 }),
  }),
)

describe('a move of the books by hand', () => {
  it('keeps their sum, takes nothing below zero, and stays inside of the log', () => {
    fc.assert(
      fc.property(rows, moves, fc.nat({ max: 200 }), fc.nat({ max: 500 }), (row, move, start, length) => {
        const log = { start, end: start + length }
        const planned = planMove(move, row, log)
        if (!planned.ok) return
        const { nextOffset, changes } = planned.change
        assert.equal(nextOffset - row.nextOffset, sumOf(changes))
        for (const [column, count] of Object.entries(changes))
          assert.ok(row.counts[column as LedgerColumn] + count >= 0)
        if (move.kind === 'deleted') assert.equal(nextOffset, row.nextOffset)
        else assert.ok(nextOffset <= log.end && nextOffset >= row.origin)
        if (move.kind === 'rewind') assert.ok(nextOffset >= log.start)
      }),
    )
  })

  it('passes over what lies between the ledger and the offset that is given', () => {
    assert.deepEqual(planMove({ kind: 'skip', to: 160 }, ROW, LOG), {
      ok: true,
      change: { nextOffset: 160, changes: { skipped: 10 } },
    })
  })

  it('counts as it was settled what the retry role had settled ahead of its position', () => {
    const ahead = { forwarded: [{ from: 152, to: 155 }], dead_lettered: [{ from: 158, to: 170 }] }
    assert.deepEqual(planMove({ kind: 'skip', to: 160 }, { ...ROW, ahead }, LOG), {
      ok: true,
      change: { nextOffset: 160, changes: { skipped: 5, forwarded: 3, dead_lettered: 2 } },
    })
  })

  it('does not pass over what is read already, or not there yet', () => {
    assert.match(refusal({ kind: 'skip', to: 150 }), /past 150 already: it stands at 150/)
    assert.match(refusal({ kind: 'skip', to: 201 }), /the log ends at 200/)
  })

  it('reads again, and counts what was lost meanwhile only once', () => {
    assert.deepEqual(planMove({ kind: 'rewind', to: 100, takeBack: {} }, ROW, LOG), {
      ok: true,
      change: { nextOffset: 100, changes: { rewound: 50 } },
    })
    assert.deepEqual(planMove({ kind: 'rewind', to: 100, takeBack: { stored: 3 } }, ROW, LOG), {
      ok: true,
      change: { nextOffset: 100, changes: { rewound: 47, stored: -3 } },
    })
  })

  it('does not read again what these books never read, or Kafka no longer has', () => {
    const rewind = (to: number, takeBack = {}): Move => ({ kind: 'rewind', to, takeBack })
    assert.match(refusal(rewind(150)), /has not read 150 yet/)
    assert.match(refusal(rewind(49)), /begin at 50/)
    assert.match(refusal(rewind(59)), /the log begins at 60/)
    assert.match(refusal(rewind(100), ROW, { start: 0, end: 99 }), /the log ends at 99/)
    assert.match(refusal(rewind(100, { stored: 101 })), /only 100 are counted as stored/)
    assert.match(refusal(rewind(149, { stored: 2 })), /2 can't be taken back of 1 offsets/)
  })

  it('counts rows that were deleted on purpose as skipped', () => {
    assert.deepEqual(planMove({ kind: 'deleted', column: 'stored', rows: 2 }, ROW, LOG), {
      ok: true,
      change: { nextOffset: 150, changes: { stored: -2, skipped: 2 } },
    })
    assert.match(refusal({ kind: 'deleted', column: 'archived', rows: 1 }), /only 0 are counted as archived/)
  })
})
