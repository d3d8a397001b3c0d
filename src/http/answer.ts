import type { FastifyReply } from 'fastify'
import { sendProblem } from './problem.ts'

export interface HttpLog {
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

export const JSON_TYPE = 'application/json; charset=utf-8'
export const RETRY_AFTER_S = 5

export const UNAVAILABLE = Symbol('unavailable')

/** What `work` gives, or UNAVAILABLE when it throws; the error stays in the log. */
export async function attempt<T>(
  work: () => T | Promise<T>,
  log: HttpLog,
  event: string,
): Promise<T | typeof UNAVAILABLE> {
  try {
    return await work()
  } catch (error) {
    log.warn(event, { error })
    return UNAVAILABLE
  }
}

export function sendUnavailable(reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply.header('retry-after', RETRY_AFTER_S), 'unavailable', { detail })
}

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type(JSON_TYPE).header('cache-control', 'no-store').send(text)
}
