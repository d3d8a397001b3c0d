import type { CachedOrder, OrderCache } from './order-cache.ts'

export interface WarmUpProgress {
  readonly state: 'off' | 'running' | 'done'
  /** Orders that it put into the cache. */
  readonly loaded: number
}

export interface WarmUpOptions<Place> {
  readonly cache: OrderCache
  /** The newest orders behind `after`, newest first; empty when there are no more. */
  readonly readPage: (after: Place | undefined, limit: number) => Promise<readonly WarmOrder<Place>[]>
  readonly stopping: AbortSignal
}

export interface WarmOrder<Place> {
  readonly uid: string
  readonly place: Place
  /** Made when it is asked for: it costs more than all the rest. */
  readonly order: () => CachedOrder
}

const PAGE_ORDERS = 2_000
/** Orders in one go; then batches and requests that wait have their turn. */
const SLICE_ORDERS = 25

/**
 * Fills the cache with the newest orders until it is full, or all are in it. The next page is on its way
 * while one is being taken in. Orders that are stored or read meanwhile are never pushed out.
 */
export class WarmUp<Place> {
  readonly #options: WarmUpOptions<Place>
  #state: WarmUpProgress['state']
  #loaded = 0

  constructor(options: WarmUpOptions<Place>) {
    this.#options = options
    this.#state = options.cache.stats().maxBytes === 0 ? 'off' : 'running'
  }

  get progress(): WarmUpProgress {
    return { state: this.#state, loaded: this.#loaded }
  }

  /** Rejects when a page can't be read; what was taken in stays, and it may be run again. */
  async run(): Promise<void> {
    if (this.#state === 'off') return
    const uids: string[] = []
    const { readPage } = this.#options
    let coming = readPage(undefined, PAGE_ORDERS)
    for (;;) {
      const page = await coming
      const last = page.at(-1)
      if (last === undefined) break
      coming = readPage(last.place, PAGE_ORDERS)
      coming.catch(() => {}) // told when it is awaited, unless the cache is full before
      if (!(await this.#takeIn(page, uids))) break
    }
    await this.#newestLast(uids)
    this.#state = 'done'
  }

  /** False when nothing more fits, or when it is to stop. */
  async #takeIn(page: readonly WarmOrder<Place>[], uids: string[]): Promise<boolean> {
    const { cache, stopping } = this.#options
    for (const [index, { uid, order }] of page.entries()) {
      if (index % SLICE_ORDERS === 0) await turn()
      if (stopping.aborted) return false
      if (cache.has(uid)) continue
      const outcome = cache.fill(uid, order())
      if (outcome === 'full') return false
      if (outcome === 'passed by') continue
      uids.push(uid)
      this.#loaded++
    }
    return true
  }

  /** They came in newest first, so the newest would be dropped first. */
  async #newestLast(uids: readonly string[]): Promise<void> {
    for (let index = uids.length - 1; index >= 0; index--) {
      this.#options.cache.touch(uids[index] ?? '')
      if (index % 1_000 === 0) await turn()
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
