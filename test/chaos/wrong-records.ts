import { look, replaced, without, type Wrong } from './made-up-evidence.ts'

/** In what becomes of records and their offsets, what is wrong, by the check that has to say so. */
export const WRONG_RECORDS: Wrong = {
  'every acknowledged record has an end': {
    'an order is missing': ({ orders }) => ({ orders: without(orders, 1) }),
    'one of two equal dead letters is missing': ({ deadLetters }) => ({
      deadLetters: without(deadLetters, 3),
    }),
  },
  'every hostile record has an end': {
    'a hostile record left nothing': ({ deadLetters }) => ({ deadLetters: without(deadLetters, 2) }),
  },
  'nothing is stored that was not acknowledged': {
    'an order nobody produced': ({ orders }) => ({ orders: replaced(orders, 1, { uid: 'z' }) }),
  },
  'every order is whole': {
    'a delivery is missing': ({ orders }) => ({ orders: replaced(orders, 0, { deliveries: 0 }) }),
    'a payment is there twice': ({ orders }) => ({ orders: replaced(orders, 0, { payments: 2 }) }),
    'an order that can not be read': ({ orders }) => ({
      orders: replaced(orders, 0, { content: undefined }),
    }),
    'a part of an order was changed': ({ orders }) => ({ orders: replaced(orders, 0, { content: 'A-' }) }),
  },
  'no part of an order is without it': {
    'items of no order': () => ({ orphans: { delivery: 0, payment: 0, items: 3 } }),
  },
  'no order is stored twice': {
    'an order is there twice': ({ orders }) => ({ orders: [...orders, ...orders.slice(0, 1)] }),
  },
  'an order has a content that was acknowledged': {
    'a content nobody produced': ({ orders }) => ({
      orders: replaced(orders, 1, { claimed: 'B2', content: 'B2' }),
    }),
  },
  'another content of a stored order is a conflict': {
    'a stored order was overwritten': ({ orders }) => ({
      orders: replaced(orders, 0, { claimed: 'A2', content: 'A2' }),
    }),
    'a conflict is a dead letter of another type': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 0, { errorType: 'invalid_order' }),
    }),
  },
  'a conflict is not what is stored': {
    'the stored content is a conflict too': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 0, { digest: 'apple' }),
    }),
  },
  'no offset is committed ahead of the ledger': {
    'the copy is ahead': () => ({ looks: [look(1_000, 2, 2), look(2_000, 5, 4)] }),
    'the copy is ahead of a ledger without a row': () => ({ looks: [look(1_000, 2, undefined)] }),
    'the copy is ahead long after a reset, when the ledger had come back': () => ({
      resets: [{ atMs: 2_000, what: 'restored' }],
      looks: [look(1_000, 9, 9), look(2_500, 9, 4), look(4_000, 9, 9), look(5_000, 12, 10)],
    }),
  },
  'a dead letter is a record that was acknowledged': {
    'a byte of a dead letter changed': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 1, { digest: 'stone-' }),
    }),
  },
  'no dead letter is archived twice': {
    'an entry is there twice': ({ deadLetters }) => ({
      deadLetters: [...deadLetters, ...deadLetters.slice(1, 2)],
    }),
    'a place is there twice': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 3, { sourceOffset: 1 }),
    }),
  },
  'a dead letter comes from a place that was read': {
    'a place behind the ledger': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 1, { sourceOffset: 3 }),
    }),
    'a place in an unknown topic': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 1, { sourceTopicId: 'other' }),
    }),
  },
  'each place that was dead-lettered is archived': {
    'a dead letter hides behind another from the same offset of a topic before': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 0, { sourceTopicId: 'the id before' }),
    }),
  },
  'trouble makes no dead letter': {
    'attempts ran out': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 1, { errorType: 'retries_exhausted' }),
    }),
  },
  'an order is a dead letter only as a conflict': {
    'the database refused an order': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 0, { errorType: 'rejected_by_database' }),
    }),
  },
  'a record that is no order is no conflict': {
    'an invalid record is a conflict': ({ deadLetters }) => ({
      deadLetters: replaced(deadLetters, 1, { errorType: 'conflict' }),
    }),
  },
  'no outage spends an attempt': {
    'a record was sent to retry': ({ ledger }) => ({
      ledger: replaced(ledger, 0, { retried: 1, duplicates: 0 }),
    }),
  },
}
