import type { OrderLimits } from '../order/decode.ts'
import type { CrossFieldRule } from '../order/cross-field.ts'
import { brokenRulesOf, readContent, type OrderContent } from '../order/order-content.ts'
import type { Failure, PermanentFailure, RecordFailure } from './failure.ts'
import { parseHeaders, type ParsedHeaders, type SourceCoordinates } from './headers.ts'
import type { Counts, LedgerKey } from './ledger.ts'
import type { OutgoingRecord, SourceRecord } from './record.ts'
import type { RoleWork } from './role-work.ts'
import type { RetryPolicy } from './route.ts'
import { settleApart, settleOrders } from './settle-orders.ts'

/** A record after decoding and validation: an order, or the reason why it is none. */
export interface PreparedOrder {
  readonly record: SourceRecord
  readonly headers: ParsedHeaders
  /** Undefined when the value is no valid order. */
  readonly content: OrderContent | undefined
  /** Why it can't be stored whatever the database says; undefined for an order that may be. */
  readonly failure: PermanentFailure | undefined
  /** Cross-field rules that the order breaks. */
  readonly brokenRules: readonly CrossFieldRule[]
}

/** An order as it goes into the four tables, with the coordinates it came from. */
export interface NewOrder {
  readonly content: OrderContent
  readonly sourcePartition: number
  readonly sourceOffset: number
}

/** What the database holds under a uid after an insert of it was tried. */
export type StoredUnder =
  | { readonly inserted: true }
  | { readonly inserted: false; readonly contentHash: Buffer }

/** What became of orders that were stored one by one: by uid, what is stored, or what the database threw. */
export interface EachAnswer {
  readonly known: ReadonlyMap<string, StoredUnder>
  readonly refused: ReadonlyMap<string, unknown>
}

/** The writes of the orders role, inside a batch's transaction. */
export interface OrdersTransaction {
  /**
   * Inserts the orders that are not stored yet, whole, and tells for each uid what is stored now. The
   * uids are distinct and ascending, so that two instances never wait for each other in a circle.
   */
  insertOrders(orders: readonly NewOrder[], sourceTopicId: string): Promise<ReadonlyMap<string, StoredUnder>>
  /**
   * The same as a unit of its own: constraints are checked within it, locks are waited for only briefly, and
   * when it throws, nothing of it is left and the transaction goes on.
   */
  insertApart(orders: readonly NewOrder[], sourceTopicId: string): Promise<ReadonlyMap<string, StoredUnder>>
  /** Each of them as a unit of its own, in a few round trips for all; undefined when they are too large for that. */
  insertEach(orders: readonly NewOrder[], sourceTopicId: string): Promise<EachAnswer | undefined>
  /** The canonical bytes of a stored order; undefined when it was erased meanwhile. */
  canonicalOrder(uid: string): Promise<Buffer | undefined>
  /** Shows what waits for its next attempt, and no longer what came back. For people only: nothing reads it. */
  showRetrying(waiting: readonly WaitingRecord[], cameBack: readonly SourceCoordinates[]): Promise<void>
}

/** A record that was sent to retry. */
export interface WaitingRecord {
  readonly source: SourceCoordinates
  readonly orderUid: string
  /** Retries so far. */
  readonly retry: number
  readonly notBeforeMs: number
  readonly firstFailedAtMs: number
  readonly errorType: string
  readonly errorMessage: string
}

export interface SettledOrders {
  readonly counts: Counts
  readonly stored: readonly PreparedOrder[]
  readonly retries: readonly Retry[]
  readonly deadLetters: readonly DeadLetter[]
}

export interface DeadLetter {
  readonly item: PreparedOrder
  readonly failure: RecordFailure
  /** What the database had against it; undefined when it was not asked, or did not refuse. */
  readonly refusal: Failure | undefined
}

export interface Retry extends DeadLetter {
  readonly notBeforeMs: number
}

export interface OrdersRoleOptions {
  readonly deadLetterTopic: string
  readonly retryTopic: string
  readonly retryPolicy: RetryPolicy
  /** Writes an order that can't be at fault, and takes it back; rejects when the database refuses it. */
  readonly canary: () => Promise<void>
  readonly limits: OrderLimits
  /** What to do with an order that contradicts itself: count and store it, refuse it, or not look. */
  readonly crossFieldRules: 'warn' | 'reject' | 'off'
  /** Resolves when every in-sync replica has them; throws when that is not known to be so. */
  readonly produce: (records: readonly OutgoingRecord[]) => Promise<void>
  readonly now: () => number
  readonly random: () => number
  /** Told after the commit, to count, log and fill the cache. */
  readonly onCommitted: (settled: SettledOrders, items: readonly PreparedOrder[], source: LedgerKey) => void
}

/** Decodes, validates and stores orders; what can't be stored goes to retry or to the dead letters. */
export function ordersRole(
  options: OrdersRoleOptions,
): RoleWork<OrdersTransaction, PreparedOrder, SettledOrders> {
  return {
    prepare: (record) => prepareOrder(record, options),
    settle: (transaction, items, source) => settleOrders(options, transaction, items, source),
    isolation: {
      canary: options.canary,
      settle: (transaction, items, source, cause) => settleApart(options, transaction, items, source, cause),
    },
    committed: options.onCommitted,
  }
}

function prepareOrder(record: SourceRecord, { limits, crossFieldRules }: OrdersRoleOptions): PreparedOrder {
  const headers = parseHeaders(record.headers)
  const reading = readContent(record.value, limits)
  if (!reading.ok) {
    const stage = reading.type === 'invalid_order' ? 'validate' : 'decode'
    return {
      record,
      headers,
      content: undefined,
      failure: { type: reading.type, stage, message: reading.message },
      brokenRules: [],
    }
  }
  const { content } = reading
  const brokenRules = crossFieldRules === 'off' ? [] : brokenRulesOf(content)
  const failure =
    crossFieldRules === 'reject' && brokenRules.length > 0 ? ruleFailure(brokenRules) : undefined
  return { record, headers, content, failure, brokenRules }
}

function ruleFailure(rules: readonly CrossFieldRule[]): PermanentFailure {
  return {
    type: 'invalid_order',
    stage: 'validate',
    message: `breaks the cross-field rules ${rules.join(', ')}`,
  }
}

/** A record without a key is fine; one with another key is stored, but its producer should know. */
export function isKeyOf({ key }: SourceRecord, uid: string): boolean {
  return key === null || key.toString('latin1') === uid
}
