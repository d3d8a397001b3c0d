import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOrderUid } from '../order/order.ts'
import { attempt, JSON_TYPE, sendUnavailable, UNAVAILABLE, type HttpLog } from './answer.ts'
import { answer, problems, UidParams } from './contract/shared.ts'
import { prefersHtml, type Page } from './page.ts'
import { IMPOSSIBLE_UID, sendProblem } from './problem.ts'
import { get, type Hook } from './route.ts'

/** A stored order: its canonical bytes, and the strong tag made of them. */
export interface StoredOrder {
  readonly bytes: Buffer
  /** With its quotes. */
  readonly etag: string
}

/** Undefined when there is none; throws or rejects when that can't be known. At once when it is in memory. */
export type ReadOrder = (uid: string) => StoredOrder | undefined | Promise<StoredOrder | undefined>

/** Orders hold personal data: only the reader's own cache may keep one, and asks each time. */
export const ORDER_CACHING = 'private, no-cache'

export function addOrderRoutes(
  app: FastifyInstance,
  readOrder: ReadOrder,
  page: Page | undefined,
  onRequest: Hook,
  log: HttpLog,
): void {
  const schema = {
    tags: ['orders'],
    params: UidParams,
    response: {
      200: answer('In its canonical form', 'Order'),
      304: { description: 'Unchanged since the `ETag` that was sent as `If-None-Match`', type: 'null' },
      ...problems(400, 401, 404, 503),
    },
  } as const
  const handler = orderHandler(readOrder, log)
  get<{ Params: { uid: string } }>(app, '/order/:uid', {
    onRequest,
    schema: { ...schema, summary: 'A stored order' },
    handler,
  })
  get<{ Params: { uid: string } }>(app, '/orders/:uid', {
    // The page holds no data and is for everybody; it asks for a token itself.
    onRequest: async (request, reply) => {
      reply.header('vary', 'Accept')
      if (page === undefined || !prefersHtml(request.headers.accept)) await onRequest(request, reply)
    },
    schema: {
      ...schema,
      summary: 'A stored order, or its page in a browser',
      description: 'Shows the page when `Accept` prefers HTML to JSON.',
    },
    handler: async (request, reply) =>
      page !== undefined && prefersHtml(request.headers.accept)
        ? page.send(request, reply)
        : handler(request, reply),
  })
}

function orderHandler(readOrder: ReadOrder, log: HttpLog) {
  return async (
    { params: { uid }, headers }: FastifyRequest<{ Params: { uid: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    if (!isOrderUid(uid)) return sendProblem(reply, 'impossible_uid', IMPOSSIBLE_UID)
    const order = await attempt(() => readOrder(uid), log, 'http_read_failed')
    if (order === UNAVAILABLE)
      return sendUnavailable(reply, 'Whether this order is stored can not be told now.')
    if (order === undefined) {
      return sendProblem(reply, 'unknown_order', { detail: 'No order with this uid is stored.' })
    }
    reply.headers({ etag: order.etag, 'cache-control': ORDER_CACHING })
    if (matches(headers['if-none-match'], order.etag)) return reply.code(304).send()
    return reply.type(JSON_TYPE).send(order.bytes)
  }
}

/** Weak comparison, as RFC 9110 §13.1.2 has it for If-None-Match. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === etag) return true
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
