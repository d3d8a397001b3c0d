import { canonicalBytes } from '../order/canonical.ts'
import type { OrderContent } from '../order/order-content.ts'
import { HoldPartition, type Failure, type RecordFailure } from './failure.ts'
import type { SourceCoordinates } from './headers.ts'
import { isolate } from './isolate.ts'
import type { LedgerKey } from './ledger.ts'
import type {
  DeadLetter,
  NewOrder,
  OrdersRoleOptions,
  OrdersTransaction,
  PreparedOrder,
  Retry,
  SettledOrders,
  StoredUnder,
  WaitingRecord,
} from './orders-role.ts'
import { produceInvalid, produceRefused } from './produce-failed.ts'
import { route } from './route.ts'

/** What the database said of a batch. */
interface Answers {
  /** By uid, the record that was to be stored under it. */
  readonly firsts: ReadonlyMap<string, PreparedOrder>
  /** By uid, of each order that was not refused. */
  readonly known: ReadonlyMap<string, StoredUnder>
  readonly refused: ReadonlyMap<PreparedOrder, Failure>
}

const NONE_REFUSED: ReadonlyMap<PreparedOrder, Failure> = new Map()

/** Stores the whole batch with one statement for each table; throws when the database refuses any of it. */
export async function settleOrders(
  options: OrdersRoleOptions,
  transaction: OrdersTransaction,
  items: readonly PreparedOrder[],
  source: LedgerKey,
): Promise<SettledOrders> {
  const firsts = firstOfEachUid(items, NONE_REFUSED)
  const orders = ascending([...firsts.values()])
  // What is wrong with a record itself is known before the database is asked, so Kafka can take it meanwhile.
  const invalid = produceInvalid(options, items, source)
  const known =
    orders.length === 0
      ? new Map<string, StoredUnder>()
      : await transaction.insertOrders(orders.map(newOrder), source.topicId)
  return await dispose(options, transaction, items, source, { firsts, known, refused: NONE_REFUSED }, invalid)
}

/** The same after that threw for `cause`: finds the orders that are refused, and stores the others. */
export async function settleApart(
  options: OrdersRoleOptions,
  transaction: OrdersTransaction,
  items: readonly PreparedOrder[],
  source: LedgerKey,
  cause: Failure,
): Promise<SettledOrders> {
  const known = new Map<string, StoredUnder>()
  const refused = new Map<PreparedOrder, Failure>()
  const attempt = async (some: readonly PreparedOrder[]): Promise<void> => {
    const answers = await transaction.insertApart(some.map(newOrder), source.topicId)
    for (const [uid, under] of answers) known.set(uid, under)
  }
  const attemptEach = async (
    some: readonly PreparedOrder[],
  ): Promise<ReadonlyMap<PreparedOrder, unknown> | undefined> => {
    const answer = await transaction.insertEach(some.map(newOrder), source.topicId)
    if (answer === undefined) return undefined
    for (const [uid, under] of answer.known) known.set(uid, under)
    return new Map(
      some.flatMap((item) => {
        const uid = uidOf(item)
        return answer.refused.has(uid) ? [[item, answer.refused.get(uid)] as const] : []
      }),
    )
  }
  // When the first record of a uid is refused, the next one of that uid takes its place.
  for (;;) {
    const untried = [...firstOfEachUid(items, refused)].filter(([uid]) => !known.has(uid))
    if (untried.length === 0) break
    const { canary, random } = options
    const orders = ascending(untried.map(([, item]) => item))
    for (const [item, failure] of await isolate(orders, cause, {
      attempt,
      attemptEach,
      canary,
      random,
    }))
      refused.set(item, failure)
  }
  const invalid = produceInvalid(options, items, source)
  const firsts = firstOfEachUid(items, refused)
  return await dispose(options, transaction, items, source, { firsts, known, refused }, invalid)
}

/** Gives each record what the answers mean for it, and produces what leaves the batch. */
async function dispose(
  options: OrdersRoleOptions,
  transaction: OrdersTransaction,
  items: readonly PreparedOrder[],
  source: LedgerKey,
  { firsts, known, refused }: Answers,
  invalid: Promise<void>,
): Promise<SettledOrders> {
  const stored: PreparedOrder[] = []
  const retries: Retry[] = []
  const deadLetters: DeadLetter[] = []
  let duplicates = 0
  for (const item of items) {
    const refusal = refused.get(item)
    if (item.failure !== undefined) deadLetters.push({ item, failure: item.failure, refusal: undefined })
    else if (refusal !== undefined) {
      const { now, random, retryPolicy } = options
      const disposition = route(refusal, item.headers.retry, retryPolicy, now(), random)
      if (disposition.type === 'hold') throw new HoldPartition(disposition.reason, disposition.message)
      const { failure } = disposition
      if (disposition.type === 'dead_letter') deadLetters.push({ item, failure, refusal })
      else retries.push({ item, failure, refusal, notBeforeMs: disposition.notBeforeMs })
    } else {
      const uid = uidOf(item)
      const first = firsts.get(uid)
      const under = known.get(uid)
      if (under === undefined || first === undefined)
        throw new Error('the database did not say what is stored under a uid')
      if (under.inserted && first === item) stored.push(item)
      else if (await sameContent(transaction, contentOf(item), under.inserted ? contentOf(first) : under))
        duplicates++
      else deadLetters.push({ item, failure: CONFLICT, refusal: undefined })
    }
  }
  await showRetrying(options, transaction, items, source, retries)
  // Acknowledged before the transaction commits: a crash in between produces them again, never not at all.
  await Promise.all([invalid, produceRefused(options, deadLetters, retries, source)])
  return {
    counts: {
      stored: stored.length,
      duplicates,
      retried: retries.length,
      dead_lettered: deadLetters.length,
    },
    stored,
    retries,
    deadLetters,
  }
}

const CONFLICT: RecordFailure = {
  type: 'conflict',
  stage: 'store',
  message: 'an order with this order_uid and another content is stored; the stored one was kept',
}

/** The same uid twice in one statement is an error or a silent loss, so only its first record goes in. */
function firstOfEachUid(
  items: readonly PreparedOrder[],
  refused: ReadonlyMap<PreparedOrder, Failure>,
): Map<string, PreparedOrder> {
  const firsts = new Map<string, PreparedOrder>()
  for (const item of items) {
    if (item.failure === undefined && !refused.has(item) && !firsts.has(uidOf(item)))
      firsts.set(uidOf(item), item)
  }
  return firsts
}

/** By uid, so that two instances never wait for each other in a circle. */
function ascending(items: readonly PreparedOrder[]): PreparedOrder[] {
  return items.toSorted((a, b) => (uidOf(a) < uidOf(b) ? -1 : 1))
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

/** A record that came back names the place it was sent to retry from; whatever becomes of it, it waits no longer there. */
async function showRetrying(
  options: OrdersRoleOptions,
  transaction: OrdersTransaction,
  items: readonly PreparedOrder[],
  { topicId }: LedgerKey,
  retries: readonly Retry[],
): Promise<void> {
  const cameBack = items.flatMap(({ headers }): SourceCoordinates[] =>
    headers.retry > 0 && headers.source !== undefined ? [headers.source] : [],
  )
  const waiting = retries.map(({ item, failure, notBeforeMs }): WaitingRecord => {
    const { record, headers } = item
    return {
      source: { topic: record.topic, topicId, partition: record.partition, offset: record.offset },
      orderUid: uidOf(item),
      retry: headers.retry,
      notBeforeMs,
      firstFailedAtMs: headers.firstFailedAtMs ?? options.now(),
      errorType: failure.type,
      errorMessage: failure.message,
    }
  })
  if (cameBack.length > 0 || waiting.length > 0) await transaction.showRetrying(waiting, cameBack)
}
