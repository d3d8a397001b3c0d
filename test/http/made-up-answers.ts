import type { Flow } from '../../src/http/contract/flow.ts'
import type { Reads } from '../../src/http/reads.ts'
import { NOTHING as NO_COUNTS } from '../audit/made-up-books.ts'
import { STILL } from './made-up-api.ts'

export const ENTRY = '3f9c9f5e-0000-4000-8000-000000000001'
const AT = '2026-01-01T00:00:00Z'

const RETRYING = {
  topic: 'orders',
  partition: 0,
  offset: 7,
  order_uid: null,
  retry: 1,
  retry_max: 10,
  not_before: AT,
  first_failed_at: AT,
  error_type: 'timeout',
  error_message: 'took too long',
}
const DEAD_LETTER = {
  entry: ENTRY,
  topic: 'orders',
  topic_id: ENTRY,
  partition: 0,
  offset: 0,
  key: null,
  error_type: 'conflict',
  error_message: 'another order is stored',
  error_stage: 'store',
  attempts: 1,
  status: 'open' as const,
  created_at: AT,
  last_failed_at: AT,
  archived_at: AT,
  value_bytes: null,
}
const LEDGER_ROW = {
  consumer_group: 'g',
  topic: 'orders',
  topic_id: ENTRY,
  partition: 0,
  updated_at: AT,
  origin: 0,
  next_offset: 0,
  seen_end: 0,
  lag: 0,
  ...NO_COUNTS,
  unaccounted: 0,
}
const END = [AT, 'x']

/** One of everything. */
export const SOMETHING: Reads = {
  orders: async () => ({
    items: [
      {
        order_uid: 'x',
        track_number: 't',
        customer_id: 'c',
        delivery_service: 'd',
        amount: 1,
        date_created: AT,
        stored_at: AT,
        currency: 'USD',
        items_count: 1,
      },
    ],
    end: END,
  }),
  lookup: async (uid) => ({
    order_uid: uid,
    stored: { stored_at: AT, source: { topic_id: ENTRY, partition: 0, offset: 0 }, cached: true },
    retrying: [RETRYING],
    dead_letters: [
      {
        entry: ENTRY,
        error_type: 'conflict',
        error_message: '',
        error_stage: 'store',
        attempts: 1,
        status: 'open',
        created_at: AT,
        partition: 0,
        offset: 0,
      },
    ],
    unread: 1,
  }),
  ledger: async () => ({ items: [LEDGER_ROW], unaccounted: 0 }),
  deadLetters: async () => ({ items: [DEAD_LETTER], end: END }),
  deadLetter: async () => ({
    ...DEAD_LETTER,
    resolution: null,
    value: Buffer.from([255]),
    headers: [
      [Buffer.from('retry'), Buffer.from('0')],
      [Buffer.from('nothing'), null],
    ],
  }),
  retrying: async () => ({ items: [RETRYING], end: undefined }),
}
export const FLOW: Flow = {
  ...STILL,
  lag: { records: 1, seconds: 2.5, headroom_seconds: 600 },
  failures: [{ type: 'conflict', count: 1, last_at: AT }],
}

export async function away(): Promise<never> {
  throw new Error('connection refused')
}
export const AWAY: Reads = {
  orders: away,
  lookup: away,
  ledger: away,
  deadLetters: away,
  deadLetter: away,
  retrying: away,
}
const never = (): Promise<never> => new Promise(() => {})
/** Nothing is ever answered. */
export const STUCK: Reads = {
  orders: never,
  lookup: never,
  ledger: never,
  deadLetters: never,
  deadLetter: never,
  retrying: never,
}
