import { LIMITS, read, replaced, withLife, withMetric, type Wrong } from './made-up-evidence.ts'

/** In books, reads and instances, what is wrong, by the check that has to say so. */
export const WRONG_RUNS: Wrong = {
  'each row accounts for its offsets': {
    'an offset without a disposition': ({ ledger }) => ({ ledger: replaced(ledger, 0, { duplicates: 0 }) }),
    'a negative count that makes the sum right': ({ ledger }) => ({
      ledger: replaced(ledger, 0, { absent: -1, duplicates: 2 }),
    }),
  },
  'one row for each partition': {
    'a row is there twice': ({ ledger }) => ({ ledger: [...ledger, ...ledger.slice(2, 3)] }),
  },
  'the books begin where the logs do': {
    'the first offsets are in no books': ({ ledger }) => ({
      ledger: replaced(ledger, 0, { origin: 1, duplicates: 0 }),
    }),
  },
  'the books stand at the end of the logs': {
    'a record is not read': ({ ledger }) => ({ ledger: replaced(ledger, 1, { next: 2, deadLettered: 2 }) }),
    'books that are kept by name of a topic of another id': ({ ledger }) => ({
      ledger: replaced(ledger, 1, { topicId: 'the id before' }),
    }),
  },
  'as many orders as were booked': {
    'an order was booked twice': ({ ledger }) => ({
      ledger: replaced(ledger, 0, { stored: 3, duplicates: 0 }),
    }),
  },
  'as many dead letters as were booked': {
    'a dead letter was booked as a duplicate': ({ ledger }) => ({
      ledger: replaced(ledger, 3, { archived: 3, duplicates: 1 }),
    }),
  },
  'dead letters that were sent have arrived': {
    'one did not come back': ({ ledger }) => ({ ledger: replaced(ledger, 3, { archived: 3, absent: 1 }) }),
  },
  'retries that were sent have arrived': {
    'one did not come back': ({ ledger }) => ({ ledger: replaced(ledger, 0, { retried: 1, duplicates: 0 }) }),
  },
  'records expire only with their topic': {
    'a present topic lost a record': ({ ledger }) => ({
      ledger: replaced(ledger, 1, { expired: 1, deadLettered: 2 }),
    }),
  },
  'nobody moved the books': {
    'offsets were passed over': ({ ledger }) => ({
      ledger: replaced(ledger, 0, { skipped: 1, duplicates: 0 }),
    }),
  },
  'an order reads the same every time': {
    'another body': ({ reads }) => ({ reads: replaced(reads, 3, { body: 'A2' }) }),
    'another body after a reset, of an order with one content': () => ({
      resets: [{ atMs: 1_500, what: 'restored' }],
      reads: [read('b', 1_000, { body: 'one' }), read('b', 9_000, { body: 'other' })],
    }),
  },
  'an order reads as it was acknowledged': {
    'with another content': ({ reads }) => ({ reads: replaced(reads, 3, { body: 'B' }) }),
    'and nobody produced it': ({ reads }) => ({ reads: [...reads, read('c', 2_600, { body: 'C' })] }),
  },
  'an order that was read stays': {
    'an order is unknown later': ({ reads }) => ({ reads: [...reads, read('a', 8_000, { status: 404 })] }),
    'an order that was in the database after a reset is unknown later': () => ({
      resets: [{ atMs: 1_000, what: 'failed over' }],
      reads: [read('b', 5_000, { body: 'b', stored: true }), read('b', 11_000, { status: 404 })],
    }),
  },
  'no order is read before its commit': {
    'the database did not have it': ({ reads }) => ({ reads: replaced(reads, 3, { stored: false }) }),
  },
  'a read is answered, or said to be impossible': {
    'an answer of 500': ({ reads }) => ({ reads: replaced(reads, 4, { status: 500 }) }),
  },
  'no instance sees unaccounted records': {
    'one does': (good) => withMetric(good, 'orders_unaccounted_records', 1),
  },
  'the counters of an instance agree': {
    'orders were counted twice in one way': (good) => withMetric(good, 'orders_processed_total', 3),
  },
  'the counters agree with the ledger': {
    'a duplicate was not counted': (good) =>
      withMetric(good, 'orders_records_total{outcome="duplicates"}', 0),
  },
  'the audit balances': {
    'it does not': () => ({ audit: { exitCode: 1, output: 'not balanced: orders' } }),
  },
  'everything settles in time': {
    'something never does': () => ({ settledAfterMs: undefined }),
    'too late': () => ({ settledAfterMs: LIMITS.settleMs + 1 }),
  },
  'no instance ends by itself': {
    'one that was up does': (good) => withLife(good, { ended: { atMs: 5_000, how: '1', by: 'self' } }),
  },
  'an instance drains in time': {
    'it takes too long': (good) =>
      withLife(good, { ended: { atMs: 5_000, how: '0', by: 'drain' }, drainMs: 10_000 }),
    'it ends with 1': (good) =>
      withLife(good, { ended: { atMs: 5_000, how: 'exit code 1', by: 'drain' }, drainMs: 100 }),
    'it ends with 1, long after there was trouble': (good) => ({
      ...withLife(good, { ended: { atMs: 30_000, how: 'exit code 1', by: 'drain' }, drainMs: 9_000 }),
      troubles: [{ atMs: 1_000, endMs: 2_000 }],
    }),
    'it is killed by something, whatever the trouble': (good) => ({
      ...withLife(good, { ended: { atMs: 5_000, how: 'SIGABRT', by: 'drain' }, drainMs: 100 }),
      troubles: [{ atMs: 1_000, endMs: 9_000 }],
    }),
  },
  'memory stays bounded': {
    'one life took too much': (good) => withLife(good, { peakResidentBytes: LIMITS.peakResidentBytes + 1 }),
  },
}
