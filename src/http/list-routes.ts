import type { FastifyInstance } from 'fastify'
import { isOrderUid } from '../order/order.ts'
import type { Identify } from './access.ts'
import type { HttpLog } from './answer.ts'
import { createAsker } from './asking.ts'
import { DeadLettersQuery, EntryParams } from './contract/dead-letters.ts'
import { OrdersQuery, RetryingQuery } from './contract/orders.ts'
import { answer, problems, UidParams } from './contract/shared.ts'
import { viewDeadLetter, viewSummary } from './dead-letter-view.ts'
import { IMPOSSIBLE_UID, sendProblem } from './problem.ts'
import type { Reads } from './reads.ts'
import { get, type Hook } from './route.ts'

/** The API's questions to the database. All of them are reads; none is answered from the cache. */
export function addListRoutes(
  app: FastifyInstance,
  reads: Reads,
  identify: Identify,
  onRequest: Hook,
  log: HttpLog,
): void {
  const asker = createAsker(log)

  get<{ Querystring: OrdersQuery }>(app, '/api/v1/orders', {
    onRequest,
    schema: {
      tags: ['orders'],
      summary: 'Orders, the newest first',
      description: 'Filters are joined with "and"; `from` and `to` are about when an order was stored.',
      querystring: OrdersQuery,
      response: { 200: answer('A page of them', 'OrderList'), ...problems(400, 401, 429, 503) },
    },
    handler: async ({ query }, reply) =>
      asker.page(reply, query, ['instant', 'uid'], (filter, page) => reads.orders(filter, page)),
  })

  get<{ Params: { uid: string } }>(app, '/api/v1/lookup/:uid', {
    onRequest,
    schema: {
      tags: ['orders'],
      summary: 'Where an order is: stored, waiting for a retry, or a dead letter',
      params: UidParams,
      response: { 200: answer('In all three places', 'Lookup'), ...problems(400, 401, 429, 503) },
    },
    handler: async ({ params: { uid } }, reply) => {
      if (!isOrderUid(uid)) return sendProblem(reply, 'impossible_uid', IMPOSSIBLE_UID)
      return asker.one(reply, () => reads.lookup(uid))
    },
  })

  get(app, '/api/v1/ledger', {
    onRequest,
    schema: {
      tags: ['books'],
      summary: 'The ledger: what became of every offset',
      response: { 200: answer('Row by row', 'Ledger'), ...problems(401, 429, 503) },
    },
    handler: async (_, reply) => asker.one(reply, () => reads.ledger()),
  })

  get<{ Querystring: DeadLettersQuery }>(app, '/api/v1/dead-letters', {
    onRequest,
    schema: {
      tags: ['dead letters'],
      summary: 'Dead letters, the newest failure first',
      description:
        '`uid` is compared with the key of the record; `from` and `to` are about the first failure.',
      querystring: DeadLettersQuery,
      response: { 200: answer('A page of them', 'DeadLetterList'), ...problems(400, 401, 429, 503) },
    },
    handler: async ({ query }, reply) =>
      asker.page(reply, query, ['instant', 'uuid'], async (filter, page) => {
        const { items, end } = await reads.deadLetters(filter, page)
        return { items: items.map(viewSummary), end }
      }),
  })

  get<{ Params: EntryParams }>(app, '/api/v1/dead-letters/:entry', {
    onRequest,
    schema: {
      tags: ['dead letters'],
      summary: 'One dead letter, with its headers and value',
      description:
        'Names, phones, e-mails and addresses in the value are masked unless an administrator asks.',
      params: EntryParams,
      response: { 200: answer('As it was archived', 'DeadLetter'), ...problems(400, 401, 404, 429, 503) },
    },
    handler: async ({ params, headers }, reply) => {
      const masked = identify(headers) !== 'admin'
      return asker.one(reply, async () => {
        const found = await reads.deadLetter(params.entry.toLowerCase())
        return found && viewDeadLetter(found, masked)
      }, ['unknown_dead_letter', 'No dead letter with this entry is archived.'])
    },
  })

  get<{ Querystring: RetryingQuery }>(app, '/api/v1/retrying', {
    onRequest,
    schema: {
      tags: ['orders'],
      summary: 'Records that wait for their next attempt, the next one due first',
      querystring: RetryingQuery,
      response: { 200: answer('A page of them', 'RetryingList'), ...problems(400, 401, 429, 503) },
    },
    handler: async ({ query }, reply) =>
      asker.page(reply, query, ['instant', 'uuid', 'partition', 'offset'], (_, page) => reads.retrying(page)),
  })
}
