import { createOrderCache, type CachedOrder, type OrderCache } from '../cache/order-cache.ts'
import { WarmUp, type WarmUpProgress } from '../cache/warm-up.ts'
import { contentDigest } from '../order/content-hash.ts'
import { backoffMs } from '../pipeline/backoff.ts'
import type { Pool } from '../postgres/database.ts'
import { readNewestOrders, type NewestPlace } from '../postgres/newest-orders.ts'
import { readStoredOrder } from '../postgres/stored-orders.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Disposing ends the warm-up; a page of it that is being read is not waited for. */
export interface RunningCache extends Disposable {
  readonly cache: OrderCache
  readonly warmUp: () => WarmUpProgress
}

const RETRY_BASE_MS = 1_000
const RETRY_CAP_MS = 15_000
const PROGRESS_EVERY_MS = 1_000

/** Opens the cache, and fills it with the newest orders from now on, while everything else goes on. */
export function startCache(maxBytes: number, pool: Pool, log: Logger): RunningCache {
  const cache = createOrderCache({
    maxBytes,
    load: async (uid) => {
      const bytes = await readStoredOrder(pool, uid)
      return bytes && cachedOrder(bytes)
    },
  })
  const stopping = new AbortController()
  const warmUp = new WarmUp<NewestPlace>({
    cache,
    readPage: async (after, limit) => {
      const orders = await readNewestOrders(pool, after, limit)
      return orders.map(({ uid, storedAt, canonical }) => ({
        uid,
        place: { storedAt, uid },
        order: () => new WarmedOrder(canonical()),
      }))
    },
    stopping: stopping.signal,
  })
  void runWarmUp(warmUp, cache, log, stopping.signal)
  return {
    cache,
    warmUp: () => warmUp.progress,
    [Symbol.dispose]: () => stopping.abort(),
  }
}

export function cachedOrder(bytes: Buffer): CachedOrder {
  return { bytes, etag: tagOf(bytes) }
}

/** Its tag is made when somebody asks for the order; of most that a start takes in, nobody does. */
class WarmedOrder implements CachedOrder {
  readonly bytes: Buffer
  #etag: string | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get etag(): string {
    return (this.#etag ??= tagOf(this.bytes))
  }
}

function tagOf(bytes: Buffer): string {
  return `"${contentDigest(bytes)}"`
}

/** Again after a failure, until it went through: without it, reads are only slower. Never rejects. */
async function runWarmUp(
  warmUp: WarmUp<NewestPlace>,
  cache: OrderCache,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  if (warmUp.progress.state === 'off') return
  const startedAtMs = performance.now()
  const report = (event: string): void => {
    const { entries, bytes } = cache.stats()
    const seconds = Math.round(performance.now() - startedAtMs) / 1000
    log.info(event, { loaded: warmUp.progress.loaded, entries, bytes, seconds })
  }
  const timer = setInterval(() => report('warm_up_progress'), PROGRESS_EVERY_MS)
  stopping.addEventListener('abort', () => clearInterval(timer), { once: true })
  for (let attempt = 1; !stopping.aborted; attempt++) {
    try {
      await warmUp.run()
      if (!stopping.aborted) report('warm_up_done')
      break
    } catch (error) {
      if (stopping.aborted) break
      log.warn('warm_up_failed', { error })
      await pause(backoffMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS, Math.random), stopping)
    }
  }
  clearInterval(timer)
}

/** Ends early when it is to stop. */
function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopping.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

/** Raises the counters by what came since the last call. */
export function cacheObserver({ cache, warmUp }: RunningCache, metrics: Metrics): () => void {
  let seen = { hits: 0, misses: 0, evictions: 0 }
  return () => {
    const stats = cache.stats()
    metrics.cacheHits.inc(stats.hits - seen.hits)
    metrics.cacheMisses.inc(stats.misses - seen.misses)
    metrics.cacheEvictions.inc(stats.evictions - seen.evictions)
    seen = stats
    metrics.cacheBytes.set(stats.bytes)
    metrics.cacheMaxBytes.set(stats.maxBytes)
    metrics.cacheEntries.set(stats.entries)
    const { state, loaded } = warmUp()
    metrics.warmUpOrders.set(loaded)
    metrics.warmUpRunning.set(state === 'running' ? 1 : 0)
  }
}
