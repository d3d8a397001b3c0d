import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { identifier, type Access } from './access.ts'
import type { HttpLog } from './answer.ts'
import { trackConnections } from './connections.ts'
import { answerMalformed, sendFailure } from './failures.ts'
import { createFlowEvents, type FlowEventStreams } from './flow-events.ts'
import { addContract } from './openapi.ts'
import { orderFastPath } from './order-fast-path.ts'
import { SECURITY_HEADERS, sendProblem } from './problem.ts'
import { addRoutes, type HttpDeps } from './routes.ts'

export interface HttpServer {
  /** As this machine reaches it, without a slash at the end. */
  readonly url: string
  /**
   * Takes no new connections, finishes requests in flight, ends the rest at once. Resolves when every
   * connection is closed, at the latest after `limits.drainMs`. May be called twice.
   */
  close(): Promise<void>
}

export interface HttpLimits {
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How long a handler may take before the answer is 503. */
  readonly handlerTimeoutMs: number
  readonly keepAliveMs: number
  readonly drainMs: number
  readonly maxHeaderBytes: number
  readonly maxBodyBytes: number
  /** Above what an attacker with slow sockets is likely to hold; a connection above it is dropped. */
  readonly maxConnections: number
  readonly flowEveryMs: number
  readonly heartbeatMs: number
  /** Each takes a connection for as long as a page is open; one above it is answered 429. */
  readonly maxStreams: number
  readonly maxStreamBufferBytes: number
}

const LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  handlerTimeoutMs: 10_000,
  keepAliveMs: 60_000,
  drainMs: 5_000,
  maxHeaderBytes: 16_384,
  maxBodyBytes: 1_048_576,
  maxConnections: 4_096,
  flowEveryMs: 1_000,
  heartbeatMs: 15_000,
  maxStreams: 1_024,
  maxStreamBufferBytes: 65_536,
}

/**
 * Serves orders, metrics and probes. Rejects with the system's error when the address can't be taken
 * (`EADDRINUSE` and the like). Without a host it listens on every address.
 */
export async function openHttpServer(options: {
  readonly address: { readonly host?: string | undefined; readonly port: number }
  readonly access: Access
  readonly version: string
  readonly deps: HttpDeps
  readonly log: HttpLog
  readonly limits?: Partial<HttpLimits>
}): Promise<HttpServer> {
  const { address, access, version, deps, log } = options
  const limits = { ...LIMITS, ...options.limits }
  const server = createServer(serverOptions(limits))
  server.maxConnections = limits.maxConnections
  const connections = trackConnections(server)
  const answerAtOnce = fastPathOf(deps, access)
  const app = createApp(limits, log, (answer) =>
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (answerAtOnce(request, response)) return
      connections.track(request, response)
      answer(request, response)
    }),
  )
  const streams = flowStreams(deps, limits, log)
  await addContract(app, version)
  await addRoutes(app, deps, access, streams, log)
  await listen(app, address)
  let closed: Promise<void> | undefined
  return {
    url: urlOf(app.server),
    close: () => {
      streams?.close()
      return (closed ??= close(app, limits.drainMs, connections.drain))
    },
  }
}

function flowStreams(deps: HttpDeps, limits: HttpLimits, log: HttpLog): FlowEventStreams | undefined {
  return (
    deps.api &&
    createFlowEvents({
      snapshot: deps.api.flow,
      everyMs: limits.flowEveryMs,
      heartbeatMs: limits.heartbeatMs,
      maxStreams: limits.maxStreams,
      maxBufferedBytes: limits.maxStreamBufferBytes,
      log,
    })
  )
}

type FastPath = (request: IncomingMessage, response: ServerResponse) => boolean

function fastPathOf({ api }: HttpDeps, access: Access): FastPath {
  if (api === undefined) return () => false
  return orderFastPath({
    peekOrder: api.peekOrder,
    identify: identifier(access),
    hasPage: api.page.has('index.html'),
  })
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

function createApp(limits: HttpLimits, log: HttpLog, serverFor: (answer: Answer) => Server): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: false,
    serverFactory: serverFor,
    handlerTimeout: limits.handlerTimeoutMs,
    bodyLimit: limits.maxBodyBytes,
    // Requests that are in flight when closing begins are answered as usual.
    return503OnClosing: false,
    // A uid of 128 characters may arrive with each of them percent-encoded.
    // What is wrong is told with all there is to tell, and never mended by leaving something out.
    ajv: { customOptions: { allErrors: true, removeAdditional: false, coerceTypes: true } },
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, _, reply) => sendFailure(reply as FastifyReply, error, log),
    clientErrorHandler: answerMalformed,
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      return sendProblem(reply, 'malformed_request', { detail: 'HTTP/1.1 needs a Host header.' })
    }
    // Answered here, so that the body of a request to nowhere is not even read.
    return request.is404 ? sendNowhere(request, reply) : undefined
  })
  app.setNotFoundHandler(sendNowhere)
  app.setErrorHandler((error: FastifyError, _, reply) => sendFailure(reply, error, log))
  return app
}

function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // Checked by ourselves, because Node's own answer has no body.
    requireHostHeader: false,
    maxHeaderSize: limits.maxHeaderBytes,
    // Node looks only every 30 s by default, which makes the time-outs above mean nothing.
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
  }
}

function sendNowhere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = request.server.supportedMethods.includes(request.method)
  if (known) return sendProblem(reply, 'not_found', { detail: 'No route has this path; /docs lists them.' })
  // Methods of WebDAV and the like, which no route has.
  return sendProblem(reply.header('allow', 'GET, HEAD'), 'method_not_allowed', { detail: 'Use GET or HEAD.' })
}

async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host?: string | undefined; readonly port: number },
): Promise<void> {
  // The framework would open further servers for `localhost`, which none of our limits reach.
  if (host !== undefined)
    return void (await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port }))
  try {
    await app.listen({ host: '::', port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    await app.listen({ host: '0.0.0.0', port })
  }
}

async function close(app: FastifyInstance, drainMs: number, drain: () => void): Promise<void> {
  const deadline = setTimeout(() => app.server.closeAllConnections(), drainMs)
  const closed = app.close()
  drain()
  await closed
  clearTimeout(deadline)
}

function urlOf(server: Server): string {
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('the HTTP server has no address')
  const anyAddress = at.address === '::' || at.address === '0.0.0.0'
  const host = anyAddress ? '127.0.0.1' : at.family === 'IPv6' ? `[${at.address}]` : at.address
  return `http://${host}:${at.port}`
}
