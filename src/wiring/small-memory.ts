import { setFlagsFromString } from 'node:v8'
import type { Config } from '../config/config.ts'

/** Whoever gives the cache no more than this wants a small process rather than a fast one. */
const SMALL_CACHE_BYTES = 32 * 1_048_576
const SMALL_BATCH_RECORDS = 600
/** How far V8 lets the heap grow from one full collection to the next; by itself it chooses about twice that. */
const HEAP_GROWTH_PERCENT = 80

/**
 * With a small cache the service keeps less in memory: its batches are smaller and garbage is collected
 * earlier, at the price of a part of its rate. docs/decisions/0008 has the figures.
 */
export function withinMemory<Needed extends Pick<Config<never>, 'batch' | 'cache'>>(config: Needed): Needed {
  if (config.cache.maxBytes > SMALL_CACHE_BYTES) return config
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`)
  const maxRecords = Math.min(config.batch.maxRecords, SMALL_BATCH_RECORDS)
  return { ...config, batch: { ...config.batch, maxRecords } }
}
