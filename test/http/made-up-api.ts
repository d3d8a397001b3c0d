import { createHash } from 'node:crypto'
import type { Flow } from '../../src/http/contract/flow.ts'
import type { Reads } from '../../src/http/reads.ts'
import type { ApiDeps } from '../../src/http/routes.ts'

/** An empty system that answers everything. */
export function madeUpApi(
  readOrder: (uid: string) => Promise<Buffer | undefined> = async () => undefined,
): ApiDeps {
  return {
    readOrder: async (uid) => {
      const bytes = await readOrder(uid)
      return bytes && { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` }
    },
    peekOrder: () => undefined,
    reads: NOTHING,
    flow: async () => STILL,
    page: new Map(),
  }
}

const EMPTY = { items: [], end: undefined }

export const NOTHING: Reads = {
  orders: async () => EMPTY,
  lookup: async (uid) => ({ order_uid: uid, stored: null, retrying: [], dead_letters: [], unread: 0 }),
  ledger: async () => ({ items: [], unaccounted: 0 }),
  deadLetters: async () => EMPTY,
  deadLetter: async () => undefined,
  retrying: async () => EMPTY,
}

export const STILL: Flow = {
  at: '2026-01-01T00:00:00Z',
  instance: 'test',
  version: '0.0.0-test',
  ready: true,
  counters: { stored: 0, duplicates: 0, retried: 0, dead_lettered: 0, forwarded: 0, archived: 0, expired: 0 },
  latency: [
    { seconds: 0.1, count: 0 },
    { seconds: null, count: 0 },
  ],
  books: { records: 0, unaccounted: 0, open_dead_letters: 0, retrying: 0, expired: 0 },
  lag: { records: 0, seconds: 0, headroom_seconds: null },
  partitions: [],
  circuits: { database: 'closed', kafka: 'closed' },
  cache: {
    max_bytes: 0,
    bytes: 0,
    entries: 0,
    hits: 0,
    misses: 0,
    evictions: 0,
    warm_up: { state: 'off', loaded: 0 },
  },
  failures: [],
}
