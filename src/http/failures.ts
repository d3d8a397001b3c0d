import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply } from 'fastify'
import { RETRY_AFTER_S, type HttpLog } from './answer.ts'
import { IMPOSSIBLE_UID, rawProblem, sendProblem, type ProblemCode } from './problem.ts'

const MAX_ERRORS = 20

/** Problems by the framework's error; what is not here is by status, or our own fault. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_BAD_URL: ['malformed_url', 'The path has a malformed percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the path is too long.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than what is accepted here.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send JSON, as application/json.'],
  FST_ERR_HANDLER_TIMEOUT: ['unavailable', 'The answer took too long.'],
}

/** Turns what the framework or a handler threw into a problem. */
export function sendFailure(reply: FastifyReply, error: FastifyError, log: HttpLog): FastifyReply {
  const [code, detail] = FRAMEWORK_PROBLEMS[error.code] ?? []
  if (code !== undefined && detail !== undefined) {
    if (code === 'unavailable') reply.header('retry-after', RETRY_AFTER_S)
    return sendProblem(reply, code, { detail })
  }
  if (error.validation !== undefined) return sendInvalid(reply, error)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, 'malformed_request', { detail: 'The request can not be understood.' })
  }
  log.error('http_handler_failed', { error })
  return sendProblem(reply, 'internal', { detail: 'The log of this instance tells more.' })
}

/** By the schema of the route. Messages name what is allowed, never what came. */
function sendInvalid(
  reply: FastifyReply,
  { validation = [], validationContext }: FastifyError,
): FastifyReply {
  const context = PLACES[validationContext ?? ''] ?? ''
  const errors = validation.slice(0, MAX_ERRORS).map(({ instancePath, keyword, params, message }) => {
    const name = keyword === 'required' ? params['missingProperty'] : undefined
    const pointer = `${context}${instancePath}${typeof name === 'string' ? `/${name}` : ''}`
    return {
      pointer,
      message: keyword === 'additionalProperties' ? 'has a name that is not known' : (message ?? ''),
    }
  })
  if (errors.some(({ pointer }) => pointer === '/params/uid')) {
    return sendProblem(reply, 'impossible_uid', IMPOSSIBLE_UID)
  }
  return sendProblem(reply, 'invalid_parameters', { detail: 'See errors for what is wrong where.', errors })
}

const PLACES: Readonly<Record<string, string>> = { querystring: '/query', params: '/params', body: '/body' }

const PARSER_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and headers together are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'Send the whole request sooner.'],
}

/** Answers what is not HTTP. The connection ends: nothing after the mistake can be told apart from it. */
export function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
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
