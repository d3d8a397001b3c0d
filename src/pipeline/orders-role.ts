import { canonicalBytes } from '../order/canonical.ts'
import type { OrderLimits } from '../order/decode.ts'
import type { CrossFieldRule } from '../order/cross-field.ts'
import { brokenRulesOf, readContent, type OrderContent } from '../order/order-content.ts'
import type { PermanentFailure } from './failure.ts'
import { deadLetterHeaders, parseHeaders, type ParsedHeaders } from './headers.ts'
import type { Counts, LedgerKey } from './ledger.ts'
import type { OutgoingRecord, SourceRecord } from './record.ts'
import type { RoleWork } from './role-work.ts'

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

/** The writes of the orders role, inside a batch's transaction. */
export interface OrdersTransaction {
  /**
   * Inserts the orders that are not stored yet, whole, and tells for each uid what is stored now. The
   * uids are distinct and ascending, so that two instances never wait for each other in a circle.
   */
  insertOrders(orders: readonly NewOrder[], sourceTopicId: string): Promise<ReadonlyMap<string, StoredUnder>>
  /** The canonical bytes of a stored order; undefined when it was erased meanwhile. */
  canonicalOrder(uid: string): Promise<Buffer | undefined>
}

export interface SettledOrders {
  readonly counts: Counts
  readonly stored: readonly PreparedOrder[]
  readonly deadLetters: readonly DeadLetter[]
}

export interface DeadLetter {
  readonly item: PreparedOrder
  readonly failure: PermanentFailure
}

export interface OrdersRoleOptions {
  readonly deadLetterTopic: string
  readonly limits: OrderLimits
  /** What to do with an order that contradicts itself: count and store it, refuse it, or not look. */
  readonly crossFieldRules: 'warn' | 'reject' | 'off'
  /** Resolves when every in-sync replica has them; throws when that is not known to be so. */
  readonly produce: (records: readonly OutgoingRecord[]) => Promise<void>
  readonly now: () => number
  /** Told after the commit, to count, log and fill the cache. */
  readonly onCommitted: (settled: SettledOrders, items: readonly PreparedOrder[], source: LedgerKey) => void
}

/** Decodes, validates and stores orders; what is permanently wrong goes to the dead letters. */
export function ordersRole(
  options: OrdersRoleOptions,
): RoleWork<OrdersTransaction, PreparedOrder, SettledOrders> {
  return {
    prepare: (record) => prepareOrder(record, options),
    settle: (transaction, items, source) => settleOrders(options, transaction, items, source),
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

async function settleOrders(
  options: OrdersRoleOptions,
  transaction: OrdersTransaction,
  items: readonly PreparedOrder[],
  source: LedgerKey,
): Promise<SettledOrders> {
  const firsts = firstOfEachUid(items)
  const orders = [...firsts.values()]
    .map(newOrder)
    .toSorted((a, b) => (a.content.uid < b.content.uid ? -1 : 1))
  const known =
    orders.length === 0
      ? new Map<string, StoredUnder>()
      : await transaction.insertOrders(orders, source.topicId)
  const stored: PreparedOrder[] = []
  const deadLetters: DeadLetter[] = []
  let duplicates = 0
  for (const item of items) {
    if (item.failure !== undefined) {
      deadLetters.push({ item, failure: item.failure })
      continue
    }
    const uid = uidOf(item)
    const first = firsts.get(uid)
    const under = known.get(uid)
    if (under === undefined || first === undefined)
      throw new Error('the database did not say what is stored under a uid')
    if (under.inserted && first === item) stored.push(item)
    else if (await sameContent(transaction, contentOf(item), under.inserted ? contentOf(first) : under))
      duplicates++
    else deadLetters.push({ item, failure: CONFLICT })
  }
  // Acknowledged before the transaction commits: a crash in between produces them again, never not at all.
  if (deadLetters.length > 0)
    await options.produce(deadLetters.map((letter) => toDeadLetter(options, letter, source)))
  return {
    counts: { stored: stored.length, duplicates, dead_lettered: deadLetters.length },
    stored,
    deadLetters,
  }
}

const CONFLICT: PermanentFailure = {
  type: 'conflict',
  stage: 'store',
  message: 'an order with this order_uid and another content is stored; the stored one was kept',
}

/** The same uid twice in one statement is an error or a silent loss, so only its first record goes in. */
function firstOfEachUid(items: readonly PreparedOrder[]): Map<string, PreparedOrder> {
  const firsts = new Map<string, PreparedOrder>()
  for (const item of items) {
    if (item.failure === undefined && !firsts.has(uidOf(item))) firsts.set(uidOf(item), item)
  }
  return firsts
}

function newOrder(item: PreparedOrder): NewOrder {
  const { partition, offset } = item.record
  return { content: contentOf(item), sourcePartition: partition, sourceOffset: offset }
}

/** By content hash; a hash of another version of the canonical form can't be compared, so by content. */
async function sameContent(
  transaction: OrdersTransaction,
  content: OrderContent,
  stored: { readonly contentHash: Buffer },
): Promise<boolean> {
  const { uid, contentHash } = content
  if (stored.contentHash[0] === contentHash[0]) return stored.contentHash.equals(contentHash)
  const canonical = await transaction.canonicalOrder(uid)
  return canonical !== undefined && canonical.equals(canonicalBytes(content.order))
}

function contentOf({ content }: PreparedOrder): OrderContent {
  if (content === undefined) throw new Error('a record that is no order has no content')
  return content
}

function uidOf(item: PreparedOrder): string {
  return contentOf(item).uid
}

function toDeadLetter(
  options: OrdersRoleOptions,
  { item, failure }: DeadLetter,
  source: LedgerKey,
): OutgoingRecord {
  const { record, headers } = item
  return {
    topic: options.deadLetterTopic,
    key: record.key,
    value: record.value,
    headers: deadLetterHeaders(record, source.topicId, headers, failure, options.now()),
  }
}

/** A record without a key is fine; one with another key is stored, but its producer should know. */
export function isKeyOf({ key }: SourceRecord, uid: string): boolean {
  return key === null || key.toString('latin1') === uid
}
