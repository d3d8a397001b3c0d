import type { OrderCache } from '../cache/order-cache.ts'
import type { Reads } from '../http/reads.ts'
import type { Pool } from '../postgres/database.ts'
import { listDeadLetters, readDeadLetter } from '../postgres/list-dead-letters.ts'
import { listLedger } from '../postgres/list-ledger.ts'
import { listOrders } from '../postgres/list-orders.ts'
import { listRetrying, lookUp } from '../postgres/look-up.ts'

/** The API's questions, answered from the database. */
export function databaseReads(pool: Pool, cache: OrderCache, maxRetries: number): Reads {
  return {
    orders: (filter, page) => listOrders(pool, filter, page),
    lookup: async (uid) => {
      const { stored, retrying, deadLetters, unread } = await lookUp(pool, uid)
      return {
        order_uid: uid,
        stored: stored === undefined ? null : { ...stored, cached: cache.has(uid) },
        retrying: retrying.map((waiting) => ({ ...waiting, retry_max: maxRetries })),
        dead_letters: [...deadLetters],
        unread,
      }
    },
    ledger: async () => {
      const items = await listLedger(pool)
      return { items, unaccounted: items.reduce((sum, row) => sum + Math.abs(row.unaccounted), 0) }
    },
    deadLetters: (filter, page) => listDeadLetters(pool, filter, page),
    deadLetter: (entry) => readDeadLetter(pool, entry),
    retrying: async (page) => {
      const { items, end } = await listRetrying(pool, page)
      return { items: items.map((waiting) => ({ ...waiting, retry_max: maxRetries })), end }
    },
  }
}
