import type { FastifyInstance } from 'fastify'
import { Type, type TProperties } from 'typebox'
import { attempt, RETRY_AFTER_S, sendJson, sendUnavailable, UNAVAILABLE, type HttpLog } from './answer.ts'
import { Checks, problems } from './contract/shared.ts'
import { sendProblem } from './problem.ts'
import { get, type Handler, type Hook } from './route.ts'

export interface Readiness {
  readonly ready: boolean
  /** By name of what was checked. Details are shown to anybody who can reach the port. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

export interface ProbeDeps {
  readonly readiness: () => Readiness
  readonly metricsText: () => Promise<string>
  readonly metricsContentType: string
}

const MAX_DETAIL_CHARS = 200
const TEXT = { 'text/plain': { schema: { type: 'string' } } }

export function addProbeRoutes(app: FastifyInstance, deps: ProbeDeps, onRequest: Hook, log: HttpLog): void {
  const tags = ['operation']
  get(app, '/metrics', {
    onRequest,
    schema: {
      tags,
      summary: 'Metrics for Prometheus',
      response: { 200: { description: 'In its text format', content: TEXT }, ...problems(401, 503) },
    },
    handler: metricsHandler(deps, log),
  })
  // Whether to restart this process is no question of what it depends on.
  get(app, '/livez', {
    schema: {
      tags,
      summary: 'Whether this process is alive; looks at nothing else',
      security: [],
      response: { 200: { description: 'It is', ...json({ status: Type.Literal('live') }) } },
    },
    handler: async (_, reply) => sendJson(reply, '{"status":"live"}'),
  })
  get<{ Querystring: { verbose?: unknown } }>(app, '/readyz', {
    schema: {
      tags,
      summary: 'Whether this instance takes work; the status tells. `?verbose` adds each check',
      security: [],
      querystring: { type: 'object', properties: { verbose: {} } },
      response: {
        200: {
          description: 'It does',
          ...json({ status: Type.Literal('ready'), checks: Type.Optional(Checks) }),
        },
        ...problems(503),
      },
    },
    handler: readyHandler(deps.readiness, log),
  })
}

function json(properties: TProperties): { readonly content: object } {
  return { content: { 'application/json': { schema: Type.Object(properties) } } }
}

function metricsHandler(deps: ProbeDeps, log: HttpLog): Handler {
  return async (_, reply) => {
    const text = await attempt(deps.metricsText, log, 'http_metrics_failed')
    if (text === UNAVAILABLE) return sendUnavailable(reply, 'The metrics can not be collected now.')
    return reply.type(deps.metricsContentType).header('cache-control', 'no-store').send(text)
  }
}

/** The status is the answer; `?verbose` adds each check. */
function readyHandler(
  readiness: () => Readiness,
  log: HttpLog,
): Handler<{ Querystring: { verbose?: unknown } }> {
  return async ({ query }, reply) => {
    const state = await attempt(readiness, log, 'http_readiness_failed')
    const { ready, checks } = state === UNAVAILABLE ? { ready: false, checks: {} } : state
    const more = query.verbose === undefined ? {} : { checks: presentable(checks) }
    if (ready) return sendJson(reply, JSON.stringify({ status: 'ready', ...more }))
    const detail = 'This instance does not take work now; /readyz?verbose tells why.'
    return sendProblem(reply.header('retry-after', RETRY_AFTER_S), 'not_ready', { detail, more })
  }
}

/** Probes need no token, so what a driver's error might say about credentials is masked. */
function presentable(checks: Readiness['checks']): Readiness['checks'] {
  const shown = Object.entries(checks).map(([name, { ok, detail }]) => {
    const masked = detail.replace(/\/\/[^\s/@]*@/g, '//***@').slice(0, MAX_DETAIL_CHARS)
    return [name, { ok, detail: masked }] as const
  })
  return Object.fromEntries(shown)
}
