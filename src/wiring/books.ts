import { summarizeBooks, type BooksSummary } from '../postgres/books.ts'
import type { Pool } from '../postgres/database.ts'

export interface WatchedBooks {
  /** As they stood last; undefined while the database is away. Asks anew when that is some time ago. */
  readonly latest: () => BooksSummary | undefined
  readonly refresh: () => Promise<void>
}

/** Somebody who watches wants to see them move; nobody who watches costs nothing. */
const FRESH_FOR_MS = 2_000

export function watchBooks(pool: Pool, show: (books: BooksSummary) => void): WatchedBooks {
  let books: BooksSummary | undefined
  let askedAtMs = -Infinity
  let asking = false

  async function refresh(): Promise<void> {
    if (asking) return
    asking = true
    askedAtMs = performance.now()
    try {
      books = await summarizeBooks(pool)
      show(books)
    } catch {
      books = undefined // the database is away: the held partitions say so
    } finally {
      asking = false
    }
  }

  return {
    latest: () => {
      if (performance.now() - askedAtMs > FRESH_FOR_MS) void refresh()
      return books
    },
    refresh,
  }
}
