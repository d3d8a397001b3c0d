import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { BooksSummary } from '../../src/postgres/books.ts'
import { watchBooks } from '../../src/wiring/books.ts'

const BOOKS: BooksSummary = {
  unaccounted: 0,
  records: 7,
  retrying: 0,
  expired: 0,
  openDeadLetters: 0,
  oldestOpenDeadLetterSeconds: 0,
}

/** Books that take as long as `takesMs` says, or can't be read. */
function watched() {
  const state = { nowMs: 0, takesMs: 1, isAway: false, asked: 0 }
  const summarize = async (): Promise<BooksSummary> => {
    state.asked++
    state.nowMs += state.takesMs
    if (state.isAway) throw new Error('away')
    return BOOKS
  }
  const books = watchBooks(
    summarize,
    () => {},
    () => state.nowMs,
  )
  const askAt = async (ms: number): Promise<number> => {
    state.nowMs = ms
    const before = state.asked
    await books.refresh()
    return state.asked - before
  }
  return { state, books, askAt }
}

test('quick books are asked for every two seconds at most, slow ones for a twentieth of the time', async () => {
  const { state, books, askAt } = watched()
  assert.equal(await askAt(0), 1)
  assert.deepEqual(books.latest(), BOOKS)
  assert.equal(await askAt(1_999), 0)
  state.takesMs = 500
  assert.equal(await askAt(2_000), 1)
  // Slow once says nothing yet.
  assert.equal(await askAt(3_999), 0)
  assert.equal(await askAt(4_000), 1)
  assert.equal(await askAt(13_999), 0)
  state.takesMs = 10_000
  assert.equal(await askAt(14_000), 1)
  assert.equal(await askAt(24_000), 1)
  // However slow, they are never older than a minute.
  assert.equal(await askAt(83_999), 0)
  assert.equal(await askAt(84_000), 1)
  state.takesMs = 1
  assert.equal(await askAt(144_000), 1)
  assert.equal(await askAt(146_000), 1)
})

test('after a failure, however long it took, they are asked for as soon as ever', async () => {
  const { state, books, askAt } = watched()
  Object.assign(state, { takesMs: 15_000, isAway: true })
  assert.equal(await askAt(0), 1)
  Object.assign(state, { takesMs: 1, isAway: false })
  assert.equal(books.latest(), undefined)
  await turn()
  assert.equal(state.asked, 2)
  assert.deepEqual(books.latest(), BOOKS)
})
