import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SettledOffsets, type SettledAs } from '../../src/pipeline/settled-offsets.ts'

const OUTCOMES: readonly SettledAs[] = ['forwarded', 'dead_lettered', 'expired', 'absent']

test('what is added in pieces, in any order, is remembered offset by offset, each with its first outcome', () => {
  const range = fc.record({ from: fc.nat(30), size: fc.nat(6), as: fc.constantFrom(...OUTCOMES) })
  fc.assert(
    fc.property(fc.array(range, { maxLength: 25 }), fc.nat(36), (ranges, floor) => {
      const settled = new SettledOffsets()
      const model = new Map<number, SettledAs>()
      for (const { from, size, as } of ranges) {
        let fresh = 0
        for (let offset = from; offset < from + size; offset++) {
          if (model.has(offset)) continue
          model.set(offset, as)
          fresh++
        }
        assert.equal(settled.add({ from, to: from + size }, as), fresh)
      }
      for (let offset = 0; offset < 40; offset++) assert.equal(settled.has(offset), model.has(offset))

      const counts: Partial<Record<SettledAs, number>> = {}
      let to = floor
      for (let as = model.get(to); as !== undefined; as = model.get(++to)) counts[as] = (counts[as] ?? 0) + 1
      assert.deepEqual(settled.contiguous(floor), { to, counts })

      const open = settled.open({ from: floor, to: 40 })
      const openOffsets = open.flatMap((part) =>
        Array.from({ length: part.to - part.from }, (_, at) => part.from + at),
      )
      const unsettled = Array.from({ length: 40 - floor }, (_, at) => floor + at).filter(
        (at) => !model.has(at),
      )
      assert.deepEqual(openOffsets, unsettled)

      settled.dropBelow(floor)
      for (let offset = floor; offset < 40; offset++) assert.equal(settled.has(offset), model.has(offset))
      for (const as of OUTCOMES) {
        const above = [...model].filter(([offset, one]) => one === as && offset >= floor).map(([at]) => at)
        const found = settled.rangesOf(as, floor)
        assert.equal(
          found.reduce((sum, part) => sum + part.to - part.from, 0),
          above.length,
        )
        for (const offset of above) assert.ok(found.some((part) => part.from <= offset && offset < part.to))
      }
    }),
  )
})

test('neighbours of one outcome are one range, so that a row grows with what waits and not with what was sent', () => {
  const settled = new SettledOffsets()
  for (const offset of [5, 7, 6, 9, 8, 4]) settled.add({ from: offset, to: offset + 1 }, 'forwarded')
  assert.equal(settled.stretches, 1)
  assert.deepEqual(settled.rangesOf('forwarded', 0), [{ from: 4, to: 10 }])
  settled.add({ from: 10, to: 11 }, 'dead_lettered')
  assert.equal(settled.stretches, 2)
})
