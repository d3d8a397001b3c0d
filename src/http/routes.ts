import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOrderUid } from '../order/order.ts'
import { requireReader, type Access } from './access.ts'
import { sendProblem } from './problem.ts'

export interface Readiness {
  readonly ready: boolean
  /** By name of what was checked. Details are shown to anybody who can reach the port. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

/** What the routes need of the rest. */
export interface HttpDeps {
  /**
   * Canonical bytes of a stored order; undefined when there is none; throws when that can't be known.
   * Undefined itself on an instance that serves only probes and metrics.
   */
  readonly readOrder: ((uid: string) => Promise<Buffer | undefined>) | undefined
  readonly readiness: () => Readiness
  readonly metricsText: () => Promise<string>
  readonly metricsContentType: string
}

export interface HttpLog {
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

const JSON_TYPE = 'application/json; charset=utf-8'
const RETRY_AFTER_S = 5
const MAX_DETAIL_CHARS = 200
const IMPOSSIBLE_UID = {
  detail: 'A uid has 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ - and is neither "." nor "..".',
  errors: [{ pointer: '/order_uid', message: 'is no possible uid' }],
}
/** Read by people who open the address in a browser. */
const INDEX = JSON.stringify({
  name: 'Sluice',
  order: '/orders/{uid}',
  metrics: '/metrics',
  liveness: '/livez',
  readiness: '/readyz?verbose',
})

export function addRoutes(app: FastifyInstance, deps: HttpDeps, access: Access, log: HttpLog): void {
  const onRequest = requireReader(access)
  if (deps.readOrder !== undefined) {
    const readOrder = orderHandler(deps.readOrder, log)
    get(app, '/orders/:uid', readOrder, onRequest)
    get(app, '/order/:uid', readOrder, onRequest)
  }
  get(app, '/metrics', metricsHandler(deps, log), onRequest)
  // Whether to restart this process is no question of what it depends on.
  get(app, '/livez', async (_, reply) => sendJson(reply, '{"status":"live"}'))
  get(app, '/readyz', readyHandler(deps.readiness, log))
  get(app, '/', async (_, reply) => sendJson(reply, INDEX))
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Registers GET and HEAD; the other methods answer 405 before their body is looked at. */
function get(app: FastifyInstance, url: string, handler: Handler, onRequest?: Hook): void {
  app.route({ method: 'GET', url, handler, ...(onRequest && { onRequest }) })
  const refuse: Handler = async (_, reply) =>
    sendProblem(reply.header('allow', 'GET, HEAD'), 'method_not_allowed', {
      detail: 'Only GET and HEAD are allowed here.',
    })
  const method = app.supportedMethods.filter((name) => name !== 'GET' && name !== 'HEAD')
  app.route({
    method,
    url,
    onRequest: async (request, reply) => void (await refuse(request, reply)),
    handler,
  })
}

function orderHandler(readOrder: NonNullable<HttpDeps['readOrder']>, log: HttpLog): Handler {
  return async (request, reply) => {
    const uid = uidOf(request)
    if (uid === undefined) return sendProblem(reply, 'impossible_uid', IMPOSSIBLE_UID)
    const bytes = await attempt(() => readOrder(uid), log, 'http_read_failed')
    if (bytes === UNAVAILABLE)
      return sendUnavailable(reply, 'Whether this order is stored can not be told now.')
    if (bytes === undefined) {
      return sendProblem(reply, 'unknown_order', { detail: 'No order with this uid is stored.' })
    }
    const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
    // Orders hold personal data: only the reader's own cache may keep one, and asks each time.
    reply.headers({ etag, 'cache-control': 'private, no-cache' })
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.type(JSON_TYPE).send(bytes)
  }
}

function metricsHandler(deps: HttpDeps, log: HttpLog): Handler {
  return async (_, reply) => {
    const text = await attempt(deps.metricsText, log, 'http_metrics_failed')
    if (text === UNAVAILABLE) return sendUnavailable(reply, 'The metrics can not be collected now.')
    return reply.type(deps.metricsContentType).header('cache-control', 'no-store').send(text)
  }
}

/** The status is the answer; `?verbose` adds each check. */
function readyHandler(readiness: () => Readiness, log: HttpLog): Handler {
  return async (request, reply) => {
    const state = await attempt(async () => readiness(), log, 'http_readiness_failed')
    const { ready, checks } = state === UNAVAILABLE ? { ready: false, checks: {} } : state
    const verbose = new URLSearchParams(request.url.split('?')[1]).has('verbose')
    const more = verbose ? { checks: presentable(checks) } : {}
    if (ready) return sendJson(reply, JSON.stringify({ status: 'ready', ...more }))
    const detail = 'This instance does not take work now; /readyz?verbose tells why.'
    return sendProblem(reply.header('retry-after', RETRY_AFTER_S), 'not_ready', { detail, more })
  }
}

/** Undefined when no order can have it, so that the database is not asked for what it can't hold. */
function uidOf({ params }: FastifyRequest): string | undefined {
  const uid = typeof params === 'object' && params !== null && 'uid' in params ? params.uid : undefined
  return typeof uid === 'string' && isOrderUid(uid) ? uid : undefined
}

const UNAVAILABLE = Symbol('unavailable')

async function attempt<T>(
  work: () => Promise<T>,
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

function sendUnavailable(reply: FastifyReply, detail: string): FastifyReply {
  return sendProblem(reply.header('retry-after', RETRY_AFTER_S), 'unavailable', { detail })
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.type(JSON_TYPE).header('cache-control', 'no-store').send(text)
}

/** Probes need no token, so what a driver's error might say about credentials is masked. */
function presentable(checks: Readiness['checks']): Readiness['checks'] {
  const shown = Object.entries(checks).map(([name, { ok, detail }]) => {
    const masked = detail.replace(/\/\/[^\s/@]*@/g, '//***@').slice(0, MAX_DETAIL_CHARS)
    return [name, { ok, detail: masked }] as const
  })
  return Object.fromEntries(shown)
}

/** Weak comparison, as RFC 9110 §13.1.2 has it for If-None-Match. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etag)
}
