import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Access } from './access.ts'
import { trackConnections } from './connections.ts'
import { rawProblem, SECURITY_HEADERS, sendProblem, type ProblemCode } from './problem.ts'
import { addRoutes, type HttpDeps, type HttpLog } from './routes.ts'

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
}

/**
 * Serves orders, metrics and probes. Rejects with the system's error when the address can't be taken
 * (`EADDRINUSE` and the like). Without a host it listens on every address.
 */
export async function openHttpServer(options: {
  readonly address: { readonly host?: string | undefined; readonly port: number }
  readonly access: Access
  readonly deps: HttpDeps
  readonly log: HttpLog
  readonly limits?: Partial<HttpLimits>
}): Promise<HttpServer> {
  const { address, access, deps, log } = options
  const limits = { ...LIMITS, ...options.limits }
  const app = createApp(limits, log)
  const connections = trackConnections(app.server)
  app.server.maxConnections = limits.maxConnections
  addRoutes(app, deps, access, log)
  await listen(app, address)
  let closed: Promise<void> | undefined
  return {
    url: urlOf(app.server),
    close: () => (closed ??= close(app, limits.drainMs, connections.drain)),
  }
}

function createApp(limits: HttpLimits, log: HttpLog): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: false,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      // Checked by ourselves, because Node's own answer has no body.
      requireHostHeader: false,
      maxHeaderSize: limits.maxHeaderBytes,
      // Node looks only every 30 s by default, which makes the time-outs above mean nothing.
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
    },
    requestTimeout: limits.requestTimeoutMs,
    handlerTimeout: limits.handlerTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    bodyLimit: limits.maxBodyBytes,
    // Requests that are in flight when closing begins are answered as usual.
    return503OnClosing: false,
    // A uid of 128 characters may arrive with each of them percent-encoded.
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
    if (!request.is404) return undefined
    const known = app.supportedMethods.includes(request.method)
    return sendProblem(reply, known ? 'not_found' : 'method_unknown', {
      detail: known ? 'No route has this path; / lists them.' : 'Use GET or HEAD.',
    })
  })
  app.setErrorHandler((error: FastifyError, _, reply) => sendFailure(reply, error, log))
  return app
}

/** Problems by the framework's error; what is not here is by status, or our own fault. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_BAD_URL: ['malformed_url', 'The path has a malformed percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the path is too long.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than what is accepted here.'],
  FST_ERR_HANDLER_TIMEOUT: ['unavailable', 'The answer took too long.'],
}

function sendFailure(reply: FastifyReply, error: FastifyError, log: HttpLog): FastifyReply {
  const [code, detail] = FRAMEWORK_PROBLEMS[error.code] ?? []
  if (code !== undefined && detail !== undefined) {
    if (code === 'unavailable') reply.header('retry-after', 5)
    return sendProblem(reply, code, { detail })
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, 'malformed_request', { detail: 'The request can not be understood.' })
  }
  log.error('http_handler_failed', { error })
  return sendProblem(reply, 'internal', { detail: 'The log of this instance tells more.' })
}

const PARSER_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and headers together are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'Send the whole request sooner.'],
}

/** Answers what is not HTTP. The connection ends: nothing after the mistake can be told apart from it. */
function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [code, detail] = PARSER_PROBLEMS[error.code ?? ''] ?? [
    'malformed_request' as const,
    'This is not a valid HTTP/1.1 request.',
  ]
  socket.end(rawProblem(code, { detail }), () => socket.destroy())
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
