import type { OrderCache } from '../cache/order-cache.ts'
import { canonicalBytes } from '../order/canonical.ts'
import { digestOfHash } from '../order/content-hash.ts'
import type { PreparedOrder } from '../pipeline/orders-role.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * Keeping an order costs some microseconds: a copy of its bytes, its tag, its place. At the pace of daily life
 * that is nothing, and a new order is what is asked for most; while a backlog is drained, orders come so fast
 * that they would only push each other out. So there is a budget.
 */
const ORDERS_PER_SECOND = 2_000

/** Keeps what was stored just now, the last ones of a batch first. Never throws: the orders are stored. */
export function cacheFiller(
  cache: OrderCache,
  log: Logger,
  now: () => number = performance.now.bind(performance),
): (stored: readonly PreparedOrder[]) => void {
  let budget = ORDERS_PER_SECOND
  let atMs = now()
  const keeps = cache.stats().maxBytes > 0

  function fill(stored: readonly PreparedOrder[]): void {
    for (const { content } of stored) if (content !== undefined) cache.stored(content.uid)
    if (!keeps) return
    const nowMs = now()
    budget = Math.min(ORDERS_PER_SECOND, budget + ((nowMs - atMs) * ORDERS_PER_SECOND) / 1000)
    atMs = nowMs
    const granted = Math.min(stored.length, Math.floor(budget))
    budget -= granted
    for (const { content } of stored.slice(stored.length - granted)) {
      if (content === undefined) continue
      const { uid, contentHash, scanned } = content
      const bytes = scanned === undefined ? canonicalBytes(content.order) : scanned.bytes
      cache.put(uid, { bytes, etag: `"${digestOfHash(contentHash)}"` })
    }
  }

  return (stored) => {
    try {
      fill(stored)
    } catch (error) {
      log.warn('cache_fill_failed', { error })
    }
  }
}
