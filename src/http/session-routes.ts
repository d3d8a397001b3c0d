import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requireSameOrigin, tokenRole, type Access, type Identify } from './access.ts'
import { SignIn } from './contract/session.ts'
import { answer, problems } from './contract/shared.ts'
import { sendProblem } from './problem.ts'
import { add, refuseOthers } from './route.ts'
import { endedSessionCookie, sessionCookie } from './session-cookie.ts'

const URL = '/api/v1/session'
const MAX_BODY_BYTES = 4_096

/** Signing in and out, for pages: event streams and links carry no `Authorization` header. */
export function addSessionRoutes(app: FastifyInstance, access: Access, identify: Identify): void {
  const roleOf = tokenRole(access)
  const tags = ['session']

  add(app, 'GET', URL, {
    schema: {
      tags,
      summary: 'What the caller may do',
      response: { 200: answer('By token, cookie, or neither', 'Session') },
    },
    handler: async ({ headers }, reply) => {
      reply.header('cache-control', 'no-store')
      return { role: identify(headers) }
    },
  })

  add<{ Body: SignIn }>(app, 'POST', URL, {
    onRequest: requireSameOrigin,
    bodyLimit: MAX_BODY_BYTES,
    schema: {
      tags,
      summary: 'Sign in with a token for a cookie, valid for 12 hours',
      body: SignIn,
      response: { 200: answer('Signed in', 'Session'), ...problems(400, 401, 403) },
    },
    handler: async (request, reply) => {
      const { token } = request.body
      const role = roleOf(token)
      if (role === undefined) {
        return sendProblem(reply, 'unauthorized', { detail: 'This is not a token of this service.' })
      }
      reply.headers({
        'set-cookie': sessionCookie(token, isEncrypted(request), Date.now()),
        'cache-control': 'no-store',
      })
      return { role }
    },
  })

  add(app, 'DELETE', URL, {
    onRequest: requireSameOrigin,
    schema: {
      tags,
      summary: 'Sign out in this browser',
      response: { 204: { description: 'Signed out', type: 'null' }, ...problems(403) },
    },
    handler: async (request, reply) =>
      reply
        .code(204)
        .headers({ 'set-cookie': endedSessionCookie(isEncrypted(request)), 'cache-control': 'no-store' })
        .send(),
  })
  refuseOthers(app, URL, ['GET', 'HEAD', 'POST', 'DELETE'])
}

/** Between browser and proxy; a lie about it can only make the liar's own cookie useless. */
function isEncrypted({ headers }: FastifyRequest): boolean {
  return headers['x-forwarded-proto'] === 'https'
}
