import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.ts'
import { sessionRole } from './session-cookie.ts'

export interface Access {
  readonly adminToken?: string
  readonly readToken?: string
  readonly allowAnonymousReads: boolean
  /** Only where nobody else can reach the port. */
  readonly allowAnonymousChanges: boolean
}

/** What somebody may do: everything, look, or nothing. */
export type Role = 'admin' | 'reader' | 'none'

export type Identify = (headers: IncomingHttpHeaders) => Role

/**
 * Tells by an `Authorization` header, or without one by the cookie of a session, who asks. What is wrong or
 * missing gives what anybody may do.
 */
export function identifier(access: Access): Identify {
  const anybody = access.allowAnonymousChanges ? 'admin' : access.allowAnonymousReads ? 'reader' : 'none'
  const roleOfToken = tokenRole(access)
  return ({ authorization, cookie }) => {
    const found =
      authorization === undefined ? sessionRole(access, cookie, Date.now()) : bearer(authorization)
    return found === undefined || weaker(found, anybody) ? anybody : found
  }

  function bearer(authorization: string): Role | undefined {
    const [, given] = /^Bearer +([^\s]+) *$/i.exec(authorization) ?? []
    return given === undefined ? undefined : roleOfToken(given)
  }
}

/** The role that a token stands for; undefined when it is none of ours. */
export function tokenRole({ adminToken, readToken }: Access): (given: string) => Role | undefined {
  const known = [
    { role: 'admin', token: adminToken },
    { role: 'reader', token: readToken },
  ] as const
  const digests = known.flatMap(({ role, token }) =>
    token === undefined ? [] : [{ role, digest: digestOf(token) }],
  )
  return (given) => {
    const digest = digestOf(given)
    // Every token is compared, in constant time and by digests of equal length, so that the time taken
    // tells nothing about how much of a token was right.
    const matching = digests.filter((expected) => timingSafeEqual(expected.digest, digest))
    return matching[0]?.role
  }
}

/** A hook for routes that show data: lets readers through, answers 401 to others. */
export function requireReader(identify: Identify) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (identify(request.headers) !== 'none') return
    const hint = request.headers.authorization === undefined ? '' : ', error="invalid_token"'
    reply.header('www-authenticate', `Bearer realm="sluice"${hint}`)
    await sendProblem(reply, 'unauthorized', {
      detail: 'Send the read token or the admin token as "Authorization: Bearer <token>", or sign in.',
    })
  }
}

/**
 * A hook for everything that changes something: refuses what a page of another origin made a browser send.
 * Programs send neither header and pass; they have no cookie that somebody else could misuse.
 */
export async function requireSameOrigin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { 'sec-fetch-site': site, origin, host } = request.headers
  const foreign =
    site === undefined ? origin !== undefined && hostOf(origin) !== host : site !== 'same-origin'
  if (!foreign) return
  await sendProblem(reply, 'foreign_origin', { detail: 'Changes are taken from pages of this service only.' })
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host
}

function weaker(role: Role, than: Role): boolean {
  const order: readonly Role[] = ['none', 'reader', 'admin']
  return order.indexOf(role) < order.indexOf(than)
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
