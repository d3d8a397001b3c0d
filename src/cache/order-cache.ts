import { LRUCache } from 'lru-cache'

/** What is kept of an order: its canonical bytes, and the strong tag made of them. */
export interface CachedOrder {
  readonly bytes: Buffer
  /** With its quotes. */
  readonly etag: string
}

export interface CacheStats {
  readonly maxBytes: number
  readonly bytes: number
  readonly entries: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
}

export interface OrderCache {
  /**
   * The order at once when it is in memory; else a promise of what `load` gives, one for all who ask
   * meanwhile. Undefined is an order that is not stored; a load that rejects is not remembered.
   */
  read(uid: string): CachedOrder | undefined | Promise<CachedOrder | undefined>
  /** The order when it is in memory. Counts a hit, and nothing when it is not: `read` will be asked next. */
  peek(uid: string): CachedOrder | undefined
  has(uid: string): boolean
  /**
   * Told of each order that was stored here: it is not unknown any more. And when it is in memory all the
   * same, the database was set back meanwhile, and another content may have won this time.
   */
  stored(uid: string): void
  /** Keeps an order that was stored or read just now; older ones make room for it. */
  put(uid: string, order: CachedOrder): void
  /** Keeps an order if there is room without taking any from others. */
  fill(uid: string, order: CachedOrder): 'kept' | 'passed by' | 'full'
  /** Makes it the one that is dropped last. */
  touch(uid: string): void
  /** After an order was erased: it is not given any more, nor taken from a read that began before. */
  forget(uid: string): void
  /** Drops every order, and what reads that are under way will bring: the database is another one now. */
  clear(): void
  stats(): CacheStats
}

export interface OrderCacheOptions {
  /** Of keys, values and what it takes to keep them; 0 keeps nothing. */
  readonly maxBytes: number
  /** Rejects when it can't be known. */
  readonly load: (uid: string) => Promise<CachedOrder | undefined>
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/**
 * What an order takes besides the characters of its uid and its bytes, measured: the Buffer and the memory
 * behind it, the tag, and its places in the maps. A little more than it is, so that real memory stays below.
 */
const OVERHEAD_BYTES = 700
/** A larger order passes by, or a few of them would empty the cache. */
const LARGEST_SHARE = 1 / 64
const UNKNOWN_FOR_MS = 1_000
const MAX_UNKNOWN = 4_096
/** Longer than any statement takes that might have read an order before it was erased. */
const FORGOTTEN_FOR_MS = 60_000
const MAX_FORGOTTEN = 65_536

interface Loading {
  readonly promise: Promise<CachedOrder | undefined>
  /** The order was stored or erased meanwhile, so what comes may be out of date. */
  overtaken: boolean
}

export function createOrderCache({ maxBytes, load, now }: OrderCacheOptions): OrderCache {
  if (maxBytes === 0) return withoutMemory(load)
  const maxEntryBytes = Math.floor(maxBytes * LARGEST_SHARE)
  let [hits, misses, evictions] = [0, 0, 0]
  const orders = new LRUCache<string, CachedOrder>({
    maxSize: maxBytes,
    maxEntrySize: maxEntryBytes,
    dispose: (_, __, reason) => void (reason === 'evict' && evictions++),
  })
  const clock = { ttlResolution: 0, ...(now && { perf: { now } }) }
  const unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN, ttl: UNKNOWN_FOR_MS, ...clock })
  const forgotten = new LRUCache<string, true>({ max: MAX_FORGOTTEN, ttl: FORGOTTEN_FOR_MS, ...clock })
  const loading = new Map<string, Loading>()

  function put(uid: string, order: CachedOrder): boolean {
    const size = sizeOf(uid, order)
    if (size > maxEntryBytes || (forgotten.size > 0 && forgotten.has(uid))) return false
    orders.set(uid, compact(order), { size })
    return true
  }

  function overtake(uid: string): void {
    const current = loading.get(uid)
    if (current !== undefined) current.overtaken = true
    // Whoever asks from now on must not be given what was true before.
    loading.delete(uid)
    if (unknown.size > 0) unknown.delete(uid)
  }

  function startLoading(uid: string): Promise<CachedOrder | undefined> {
    const promise = load(uid)
    const current: Loading = { promise, overtaken: false }
    loading.set(uid, current)
    const settled = (): boolean => current.overtaken || loading.delete(uid)
    // Registered before anybody waits for it, so whoever asks after an answer came finds what it says.
    promise.then((order) => {
      settled()
      if (current.overtaken) return
      if (order === undefined) unknown.set(uid, true)
      else put(uid, order)
    }, settled)
    return promise
  }

  function peek(uid: string): CachedOrder | undefined {
    const order = orders.get(uid)
    if (order !== undefined) hits++
    return order
  }

  return {
    peek,
    read: (uid) => {
      const order = peek(uid)
      if (order !== undefined) return order
      misses++
      if (unknown.size > 0 && unknown.has(uid)) return undefined
      return loading.get(uid)?.promise ?? startLoading(uid)
    },
    has: (uid) => orders.has(uid),
    stored: (uid) => {
      if (loading.size > 0 || unknown.size > 0) overtake(uid)
      orders.delete(uid)
    },
    put: (uid, order) => void put(uid, order),
    fill: (uid, order) => {
      if (orders.has(uid) || sizeOf(uid, order) > maxEntryBytes) return 'passed by'
      if (orders.calculatedSize + sizeOf(uid, order) > maxBytes) return 'full'
      return put(uid, order) ? 'kept' : 'passed by'
    },
    touch: (uid) => void orders.get(uid),
    forget: (uid) => {
      forgotten.set(uid, true)
      overtake(uid)
      orders.delete(uid)
    },
    clear: () => {
      for (const current of loading.values()) current.overtaken = true
      loading.clear()
      unknown.clear()
      orders.clear()
    },
    stats: () => ({ maxBytes, bytes: orders.calculatedSize, entries: orders.size, hits, misses, evictions }),
  }
}

function sizeOf(uid: string, { bytes }: CachedOrder): number {
  return uid.length + bytes.length + OVERHEAD_BYTES
}

/** A small Buffer is usually a slice of a block of 8 KiB, and would keep all of it. */
function compact(order: CachedOrder): CachedOrder {
  const { bytes } = order
  if (bytes.buffer.byteLength === bytes.length) return order
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return { bytes: own, etag: order.etag }
}

/** Readers of one order at the same time still share one query. */
function withoutMemory(load: OrderCacheOptions['load']): OrderCache {
  const loading = new Map<string, Promise<CachedOrder | undefined>>()
  let misses = 0
  return {
    peek: () => undefined,
    read: (uid) => {
      misses++
      const current = loading.get(uid)
      if (current !== undefined) return current
      const promise = load(uid)
      loading.set(uid, promise)
      const settled = (): void => void (loading.get(uid) === promise && loading.delete(uid))
      promise.then(settled, settled)
      return promise
    },
    has: () => false,
    stored: (uid) => void loading.delete(uid),
    put: () => {},
    fill: () => 'full',
    touch: () => {},
    forget: (uid) => void loading.delete(uid),
    clear: () => loading.clear(),
    stats: () => ({ maxBytes: 0, bytes: 0, entries: 0, hits: 0, misses, evictions: 0 }),
  }
}
