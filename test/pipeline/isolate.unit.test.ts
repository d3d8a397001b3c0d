import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { classifyError } from '../../src/pipeline/classify.ts'
import type { Failure } from '../../src/pipeline/failure.ts'
import { isolate } from '../../src/pipeline/isolate.ts'
import { SimulatedTime } from './simulated-time.ts'

function coded(code: string): Error {
  return Object.assign(new Error('x'), { code })
}

const REJECTED = classifyError(coded('23514'))
const CONFLICT = classifyError(coded('40001'))
const NUMBERS = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

interface Run {
  readonly failures: Map<number, Failure>
  readonly attempts: number[][]
  readonly done: number[]
}

interface Circumstances {
  readonly cause?: Failure
  readonly canary?: () => Promise<void>
  readonly attemptEach?: (
    items: readonly number[],
    doAll: (items: readonly number[]) => void,
  ) => Promise<ReadonlyMap<number, unknown> | undefined>
}

/** `faultOf` tells what the database says against an item, with how often it was tried before. */
async function run(
  items: readonly number[],
  faultOf: (item: number, tries: number) => unknown,
  { cause = REJECTED, canary = async () => {}, attemptEach }: Circumstances = {},
): Promise<Run> {
  using _ = new SimulatedTime()
  const attempts: number[][] = []
  const done: number[] = []
  const tries = new Map<number, number>()
  const attempt = async (some: readonly number[]): Promise<void> => {
    attempts.push([...some])
    const faults = some.map((item) => faultOf(item, tries.get(item) ?? 0))
    for (const item of some) tries.set(item, (tries.get(item) ?? 0) + 1)
    const fault = faults.find((each) => each !== undefined)
    if (fault !== undefined) throw fault
    done.push(...some)
  }
  const each = attemptEach && {
    attemptEach: (some: readonly number[]) => attemptEach(some, (all) => void done.push(...all)),
  }
  const failures = await isolate(items, cause, { attempt, ...each, canary, random: () => 0.5 })
  return { failures, attempts, done }
}

test('whichever items are at fault are found, the others are done once, in O(k log n) attempts', async () => {
  const batch = fc
    .integer({ min: 1, max: 300 })
    .chain((n) => fc.record({ n: fc.constant(n), bad: fc.uniqueArray(fc.nat(n - 1), { maxLength: 12 }) }))
  await fc.assert(
    fc.asyncProperty(batch, fc.boolean(), async ({ n, bad }, known) => {
      const refused = new Set(bad)
      const { failures, attempts, done } = await run(
        NUMBERS(n),
        (item) => (refused.has(item) ? coded('23514') : undefined),
        { cause: known ? REJECTED : CONFLICT },
      )
      assert.deepEqual(new Set(failures.keys()), refused)
      assert.deepEqual(
        done.toSorted((a, b) => a - b),
        NUMBERS(n).filter((item) => !refused.has(item)),
      )
      const k = Math.max(1, bad.length)
      assert.ok(attempts.length <= 2 * k * (Math.log2(n / k) + 2) + 1, `${attempts.length} for ${k} of ${n}`)
    }),
  )
})

test('the left half is tried first, and what must be in the right half is not tried as a whole', async () => {
  const { attempts } = await run(NUMBERS(8), (item) => (item === 6 ? coded('22001') : undefined))
  assert.deepEqual(attempts, [[0, 1, 2, 3], [4, 5], [6], [7]])
})

test('what may have passed is tried as a whole first', async () => {
  const { attempts, failures } = await run(NUMBERS(8), () => undefined, { cause: CONFLICT })
  assert.deepEqual([attempts.length, failures.size], [1, 0])
})

test('a transient failure gets two more tries in place, a permanent one none', async () => {
  const { failures, attempts } = await run(NUMBERS(16), (item, tries) => {
    if (item === 3) return coded('23514')
    if (item === 7) return coded('40001')
    return item === 12 && tries < 4 ? coded('40P01') : undefined
  })
  assert.deepEqual([...failures.keys()], [3, 7])
  const alone = (item: number): number => attempts.filter(([only, more]) => only === item && !more).length
  assert.deepEqual([alone(3), alone(7)], [1, 3])
})

test('many transient failures are no accident, and get no more tries', async () => {
  const { failures, attempts } = await run(NUMBERS(64), () => coded('40001'))
  assert.equal(failures.size, 64)
  assert.ok(attempts.length <= 128)
})

test('an outage, or a table that is gone, ends the search and spends nothing', async () => {
  for (const code of ['ECONNRESET', '57P01', '42P01', 'XX000'])
    await assert.rejects(
      run(NUMBERS(8), (item) => (item === 2 ? coded(code) : undefined)),
      { code },
    )
})

test('a time-out asks the canary at once; when that fails too, the database is busy', async () => {
  let asked = 0
  const locked = (item: number) => (item === 2 ? coded('55P03') : undefined)
  await run(NUMBERS(4), locked, { canary: async () => void asked++ })
  assert.ok(asked >= 2)
  const busy = run(NUMBERS(4), locked, { canary: () => Promise.reject(coded('55P03')) })
  await assert.rejects(busy, { name: 'HoldPartition', reason: 'database_busy' })
})

test('few items are done one by one at a time, and so found in one attempt', async () => {
  const refused = new Map([
    [70, coded('23514')],
    [75, coded('40001')],
  ])
  const { failures, attempts, done } = await run(NUMBERS(128), (item) => refused.get(item), {
    attemptEach: async (some, doAll) => {
      doAll(some.filter((item) => !refused.has(item)))
      return new Map([...refused].filter(([item]) => some.includes(item)))
    },
  })
  assert.deepEqual([...failures.keys()], [70, 75])
  assert.equal(done.length, 126)
  // 64 + 64, 32 + 32, then each of 64 to 95; and 75 twice more, since it may pass.
  assert.deepEqual(
    attempts.map(({ length }) => length),
    [64, 32, 32, 1, 1],
  )
})

test('what can not be done one by one at a time is halved', async () => {
  const fault = (item: number) => (item === 2 ? coded('23514') : undefined)
  for (const attemptEach of [async () => undefined, () => Promise.reject(coded('57014'))]) {
    const { failures, attempts } = await run(NUMBERS(4), fault, { attemptEach })
    assert.deepEqual([[...failures.keys()], attempts], [[2], [[0, 1], [2], [3]]])
  }
})

test('trouble that shows in one of those that are done one by one ends the search', async () => {
  for (const code of ['ECONNRESET', '42703']) {
    const attemptEach = async () => new Map([[1, coded(code)]])
    await assert.rejects(
      run(NUMBERS(4), () => undefined, { attemptEach }),
      { code },
    )
  }
  const attemptEach = async () => new Map([[1, coded('55P03')]])
  const canary = (): Promise<void> => Promise.reject(coded('55P03'))
  await assert.rejects(
    run(NUMBERS(4), () => undefined, { attemptEach, canary }),
    { reason: 'database_busy' },
  )
})

test('a canary that fails in passing is sent again, twice at most; any other failure counts at once', async () => {
  for (const [code, canaries] of [
    ['40001', 3],
    ['P0001', 3],
    ['55P03', 1],
    ['23514', 1],
    ['57P01', 1],
  ] as const) {
    let asked = 0
    const canary = (): Promise<void> => {
      asked++
      return Promise.reject(coded(code))
    }
    await assert.rejects(
      run([1], () => coded('55P03'), { canary }),
      { name: 'HoldPartition' },
    )
    assert.equal(asked, canaries, code)
  }
})
