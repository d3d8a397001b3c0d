import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.ts'

export interface Access {
  readonly adminToken?: string
  readonly readToken?: string
  readonly allowAnonymousReads: boolean
}

/** A hook for routes that show data: lets readers through, answers 401 to others. */
export function requireReader(access: Access) {
  const mayRead = readerCheck(access)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { authorization } = request.headers
    if (mayRead(authorization)) return
    const hint = authorization === undefined ? '' : ', error="invalid_token"'
    reply.header('www-authenticate', `Bearer realm="sluice"${hint}`)
    await sendProblem(reply, 'unauthorized', {
      detail: 'Send the read token or the admin token as "Authorization: Bearer <token>".',
    })
  }
}

/** Whether an `Authorization` header entitles to read. The administrator's token does as well. */
export function readerCheck(access: Access): (authorization: string | undefined) => boolean {
  if (access.allowAnonymousReads) return () => true
  const digests = [access.readToken, access.adminToken].filter((token) => token !== undefined).map(digestOf)
  return (authorization) => {
    const [, given] = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '') ?? []
    if (given === undefined) return false
    const digest = digestOf(given)
    // Every token is compared, in constant time and by digests of equal length, so that the time taken
    // tells nothing about how much of a token was right.
    return digests.map((expected) => timingSafeEqual(expected, digest)).includes(true)
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
