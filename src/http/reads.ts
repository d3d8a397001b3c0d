import type { Header } from '../pipeline/record.ts'
import type { DeadLetter, DeadLettersQuery, DeadLetterSummary } from './contract/dead-letters.ts'
import type { Ledger } from './contract/ledger.ts'
import type { Lookup, OrdersQuery, OrderSummary, Retrying } from './contract/orders.ts'
import type { Place } from './cursor.ts'

/** Rows behind `after`, at most `limit`; without it, from the beginning. */
export interface PageRequest {
  readonly limit: number
  readonly after: Place | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where this page ended; undefined when nothing follows. */
  readonly end: Place | undefined
}

type Filter<Query> = Omit<Query, 'limit' | 'cursor'>

/** A dead letter as it was archived: bytes are bytes, nothing is masked. */
export interface ArchivedSummary extends Omit<DeadLetterSummary, 'key'> {
  readonly key: Buffer | null
}
export interface Archived extends ArchivedSummary, Pick<DeadLetter, 'topic_id' | 'resolution'> {
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

/** What the API asks the database. Each throws when it can't be known. */
export interface Reads {
  /** Newest first. A place is [stored_at, order_uid]. */
  orders(filter: Filter<OrdersQuery>, page: PageRequest): Promise<Page<OrderSummary>>
  lookup(uid: string): Promise<Lookup>
  ledger(): Promise<Ledger>
  /** Newest failure first. A place is [created_at, entry]. */
  deadLetters(filter: Filter<DeadLettersQuery>, page: PageRequest): Promise<Page<ArchivedSummary>>
  deadLetter(entry: string): Promise<Archived | undefined>
  /** Due first. A place is [not_before, topic id, partition, offset]. */
  retrying(page: PageRequest): Promise<Page<Retrying>>
}
