import { setTimeout as delay } from 'node:timers/promises'
import * as producing from '../../src/kafka/producer.ts'
import type { Ledger, LedgerKey, LedgerStep } from '../../src/pipeline/ledger.ts'
import type { OrdersTransaction, PreparedOrder } from '../../src/pipeline/orders-role.ts'
import * as filling from '../../src/wiring/fill-cache.ts'
import * as roles from '../../src/wiring/role-parts.ts'
import type { Bug } from './bugs.ts'

/** Stands in for the stages of the service, and is them, but for the bug that the environment names. */
export { openReadingParts } from '../../src/wiring/role-parts.ts'

const bug = process.env['BUG'] as Bug
/** Longer than the service takes to write Kafka's copy of an offset, and readers to ask for a new order. */
const BEFORE_COMMIT_MS = 1_500
/** So that an instance that is frozen has a batch in its hands. */
const IN_HAND_MS = 500
const EVERY = 25

type Parts<Transaction> = roles.RoleParts<Transaction>
type AnyLedger = Ledger<unknown>

let fill: (stored: readonly PreparedOrder[]) => void = () => {}

export const cacheFiller: typeof filling.cacheFiller = (...given) => (fill = filling.cacheFiller(...given))

export const openProducer: typeof producing.openProducer = (...given) => {
  const producer = producing.openProducer(...given)
  let letters = 0
  if (bug !== 'dead-letter error swallowed') return producer
  const { DLQ_TOPIC } = process.env
  return {
    ...producer,
    send: (records) =>
      producer.send(records.filter(({ topic }) => topic !== DLQ_TOPIC || ++letters % EVERY !== 0)),
  }
}

export const openRoleParts: typeof roles.openRoleParts = (foundation, group, topic, bind, scope) => {
  if (topic !== process.env['KAFKA_TOPIC']) return roles.openRoleParts(foundation, group, topic, bind, scope)
  const bound: typeof bind = (client, violations) => withBuggyWrites(bind(blind(client), violations))
  return withBuggyBooks(roles.openRoleParts(foundation, group, topic, bound, scope))
}

function withBuggyBooks<Transaction>(parts: Parts<Transaction>): Parts<Transaction> {
  const { ledger, log } = parts
  switch (bug) {
    case 'offset committed before the transaction':
      return {
        ...parts,
        ledger: withLateCommits(ledger, (key, { to }) => log.commitCopy(key.topic, key.partition, to, 0)),
      }
    case 'cache before commit':
      return { ...parts, ledger: withLateCommits(ledger, () => {}) }
    case 'one record skipped':
      return {
        ...parts,
        log: {
          ...log,
          open: (at) => {
            const reader = log.open(at)
            const take = reader.take.bind(reader)
            reader.take = (...limits) => take(...limits).filter(({ offset }) => offset % EVERY !== EVERY - 2)
            return reader
          },
        },
      }
    case 'fence removed':
      return {
        ...parts,
        ledger: {
          ...ledger,
          settle: async (key, from, work) => {
            await delay(IN_HAND_MS)
            return ledger.settle(key, (await ledger.read(key))?.nextOffset ?? from, work)
          },
        },
      }
    case 'ledger keyed by topic name':
      return { ...parts, ledger: byName(ledger) }
    case 'dead-letter error swallowed':
    case 'insert without key':
    case 'none':
      break
  }
  return parts
}

/** `written` is called when all is written but nothing committed, and some time before that. */
function withLateCommits<Transaction>(
  ledger: Ledger<Transaction>,
  written: (key: LedgerKey, step: LedgerStep) => void,
): Ledger<Transaction> {
  return {
    ...ledger,
    settle: (key, from, work) =>
      ledger.settle(key, from, async (transaction) => {
        const step = await work(transaction)
        written(key, step)
        await delay(BEFORE_COMMIT_MS)
        return step
      }),
  }
}

/** One row for a topic of this name, whichever it is; and nothing to compare the record before it with. */
function byName<L extends AnyLedger | Ledger<never>>(ledger: L): L {
  const named = (key: LedgerKey): LedgerKey => ({ ...key, topicId: '00000000-0000-4000-8000-000000000000' })
  const books = ledger as Ledger<unknown>
  return {
    ...ledger,
    open: async (key, log) => ({ ...(await books.open(named(key), log)), fingerprint: undefined }),
    read: (key) => books.read(named(key)),
    settle: (key, from, work) => books.settle(named(key), from, work),
    bookGoneTopics: (key) => books.bookGoneTopics(named(key)),
  } satisfies Ledger<unknown> as unknown as L
}

function withBuggyWrites<Transaction>(transaction: Transaction): Transaction {
  if (bug !== 'cache before commit') return transaction
  const writes = transaction as OrdersTransaction
  return {
    ...writes,
    insertOrders: async (orders, topicId) => {
      const known = await writes.insertOrders(orders, topicId)
      fill(orders.map(({ content }) => ({ content }) as PreparedOrder))
      return known
    },
  } satisfies OrdersTransaction as Transaction
}

/** A connection that finds none of the orders that are stored. */
function blind<Client extends object>(client: Client): Client {
  if (bug !== 'insert without key') return client
  return new Proxy(client, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown =>
        textOf(given[0]).startsWith('select order_uid, content_hash')
          ? Promise.resolve({ rows: [] })
          : Reflect.apply(member, target, given)
    },
  })
}

function textOf(statement: unknown): string {
  const text: unknown =
    typeof statement === 'object' && statement !== null ? Reflect.get(statement, 'text') : statement
  return typeof text === 'string' ? text : ''
}
