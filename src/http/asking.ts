import type { FastifyReply } from 'fastify'
import { canonicalInstant } from '../order/instant.ts'
import { attempt, sendUnavailable, UNAVAILABLE, type HttpLog } from './answer.ts'
import { DEFAULT_LIMIT, type PagingQuery } from './contract/shared.ts'
import { fromCursor, toCursor, type PlaceShape } from './cursor.ts'
import { sendProblem, type ProblemCode } from './problem.ts'
import type { Page, PageRequest } from './reads.ts'

/** Questions at once. More would wait for the few connections for longer than anybody waits for an answer. */
const MAX_AT_ONCE = 32
const RETRY_SOON_S = 1

interface Instants {
  readonly from?: string
  readonly to?: string
}
type Filtered = PagingQuery & Instants

export interface Asker {
  /** Answers with what `read` gives. `unknown` is the problem for undefined. */
  one<T>(
    reply: FastifyReply,
    read: () => Promise<T | undefined>,
    unknown?: readonly [ProblemCode, string],
  ): Promise<unknown>
  /** Answers with one page. `read` is given the query without paging, its instants in canonical form. */
  page<Q extends Filtered, T>(
    reply: FastifyReply,
    query: Q,
    shape: PlaceShape,
    read: (filter: Omit<Q, 'limit' | 'cursor'>, page: PageRequest) => Promise<Page<T>>,
  ): Promise<unknown>
}

/** Asks the database for what the API was asked, and says so when that can't be known now. */
export function createAsker(log: HttpLog): Asker {
  let asking = 0

  async function ask<T>(reply: FastifyReply, read: () => Promise<T>): Promise<T | FastifyReply> {
    if (asking >= MAX_AT_ONCE) {
      return sendProblem(reply.header('retry-after', RETRY_SOON_S), 'too_many_requests', {
        detail: 'Too many questions are being answered now.',
      })
    }
    asking++
    const answer = await attempt(read, log, 'http_read_failed').finally(() => asking--)
    return answer === UNAVAILABLE ? sendUnavailable(reply, 'This can not be told now.') : answer
  }

  return {
    one: async (reply, read, unknown) => {
      const answer = await ask(reply, read)
      if (answer === undefined && unknown !== undefined)
        return sendProblem(reply, unknown[0], { detail: unknown[1] })
      reply.header('cache-control', 'no-store')
      return answer
    },
    page: async (reply, query, shape, read) => {
      const { limit, cursor, ...filter } = query
      const instants = canonicalInstants(query)
      if (typeof instants === 'string') return sendWrongInstant(reply, instants)
      const after = cursor === undefined ? undefined : fromCursor(cursor, shape)
      if (cursor !== undefined && after === undefined) {
        return sendProblem(reply, 'invalid_cursor', { detail: 'Send `next` of the page before as it came.' })
      }
      const answer = await ask(reply, () =>
        read({ ...filter, ...instants }, { limit: limit ?? DEFAULT_LIMIT, after }),
      )
      if (!('items' in answer)) return reply
      reply.header('cache-control', 'no-store')
      return { items: answer.items, next: answer.end === undefined ? null : toCursor(answer.end) }
    },
  }
}

/** The schema lets instants pass that no calendar has. Returns the name of a wrong one. */
function canonicalInstants({ from, to }: Instants): Instants | 'from' | 'to' {
  const canonical = { from: from && canonicalInstant(from), to: to && canonicalInstant(to) }
  if (from !== undefined && !canonical.from) return 'from'
  if (to !== undefined && !canonical.to) return 'to'
  return {
    ...(canonical.from && { from: canonical.from }),
    ...(canonical.to && { to: canonical.to }),
  }
}

function sendWrongInstant(reply: FastifyReply, name: string): FastifyReply {
  return sendProblem(reply, 'invalid_parameters', {
    detail: 'An instant is written like 2026-01-31T23:59:59Z.',
    errors: [{ pointer: `/query/${name}`, message: 'is no instant' }],
  })
}
