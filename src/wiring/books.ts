import type { BooksSummary } from '../postgres/books.ts'

export interface WatchedBooks {
  /** As they stood last; undefined while the database is away. Asks anew when that is some time ago. */
  readonly latest: () => BooksSummary | undefined
  /** Asks anew, unless that was done just now. */
  readonly refresh: () => Promise<void>
}

/** Somebody who watches wants to see them move; nobody who watches costs nothing. */
const FRESH_FOR_MS = 2_000
/** Millions of dead letters take a while to count: no more than this share of the time goes into it. */
const MOST_OF_THE_TIME = 1 / 20
const FRESH_FOR_MS_AT_MOST = 60_000

export function watchBooks(
  summarize: () => Promise<BooksSummary>,
  show: (books: BooksSummary) => void,
  now: () => number = performance.now.bind(performance),
): WatchedBooks {
  let books: BooksSummary | undefined
  let askedAtMs = -Infinity
  let freshForMs = FRESH_FOR_MS
  let tookMs = 0
  let asking = false

  async function refresh(): Promise<void> {
    if (asking || now() - askedAtMs < freshForMs) return
    asking = true
    askedAtMs = now()
    try {
      books = await summarize()
      show(books)
      // Once may be a busy start or a cold disk; what is slow takes long twice in a row.
      const tookBeforeMs = tookMs
      tookMs = now() - askedAtMs
      const restMs = Math.min(tookBeforeMs, tookMs) / MOST_OF_THE_TIME
      freshForMs = Math.min(Math.max(FRESH_FOR_MS, restMs), FRESH_FOR_MS_AT_MOST)
    } catch {
      books = undefined // the database is away: the held partitions say so
      freshForMs = FRESH_FOR_MS
      tookMs = 0
    } finally {
      asking = false
    }
  }

  return {
    latest: () => {
      void refresh()
      return books
    },
    refresh,
  }
}
