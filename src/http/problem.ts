import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Each kind of problem: its status and what a person should read. Codes are public and stay as they are. */
const PROBLEMS = {
  malformed_request: { status: 400, title: 'The request is malformed' },
  malformed_url: { status: 400, title: 'The URL is malformed' },
  impossible_uid: { status: 400, title: 'No order can have this uid' },
  invalid_parameters: { status: 400, title: 'A parameter is wrong' },
  invalid_cursor: { status: 400, title: 'The cursor is wrong' },
  unauthorized: { status: 401, title: 'A token is needed' },
  foreign_origin: { status: 403, title: 'Another origin may not do this' },
  not_found: { status: 404, title: 'There is nothing here' },
  unknown_order: { status: 404, title: 'There is no such order' },
  unknown_dead_letter: { status: 404, title: 'There is no such dead letter' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The URL is too long' },
  unsupported_media_type: { status: 415, title: 'The body is of another type than is taken here' },
  too_many_requests: { status: 429, title: 'Too much at once' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'Not available at the moment' },
  not_ready: { status: 503, title: 'Not ready' },
} as const satisfies Record<string, { status: number; title: string }>

/** For every place that takes a uid. */
export const IMPOSSIBLE_UID = {
  detail: 'A uid has 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ - and is neither "." nor "..".',
  errors: [{ pointer: '/order_uid', message: 'is no possible uid' }],
}

export type ProblemCode = keyof typeof PROBLEMS

export interface ProblemParts {
  /** A sentence about this occurrence. Never quotes what the client sent. */
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
  /** Members of one kind of problem, as RFC 9457 §3.2 allows. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** What every answer carries: none of them is a page, so none may load or run anything. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** Answers with an RFC 9457 problem, also where no hook has run. */
export function sendProblem(reply: FastifyReply, code: ProblemCode, parts: ProblemParts): FastifyReply {
  return reply
    .code(PROBLEMS[code].status)
    .headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store', 'content-type': PROBLEM_TYPE })
    .send(problemText(code, parts))
}

/** A whole HTTP response with a problem, for requests that could not even be parsed. The connection ends. */
export function rawProblem(code: ProblemCode, parts: ProblemParts): string {
  const { status } = PROBLEMS[code]
  const body = problemText(code, parts)
  const headers = {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

function problemText(code: ProblemCode, { detail, errors, more }: ProblemParts): string {
  const { status, title } = PROBLEMS[code]
  const type = `urn:sluice:problem:${code}`
  return JSON.stringify({ type, title, status, detail, code, ...(errors && { errors }), ...more })
}
