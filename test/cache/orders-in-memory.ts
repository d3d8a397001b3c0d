import type { CachedOrder } from '../../src/cache/order-cache.ts'

/** An order of so many bytes; the same uid gives the same. */
export function madeUpOrder(uid: string, size = 1_000): CachedOrder {
  return { bytes: Buffer.alloc(size, uid), etag: `"${uid}"` }
}

/** A database whose answers are given by the test, one for each question. */
export function answering() {
  const asked: {
    uid: string
    answer: (order: CachedOrder | undefined) => void
    fail: (error: Error) => void
  }[] = []
  return {
    asked,
    load: (uid: string) =>
      new Promise<CachedOrder | undefined>((answer, fail) => void asked.push({ uid, answer, fail })),
  }
}
