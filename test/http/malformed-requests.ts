import type { Random } from '../../src/producer/random.ts'
import {
  BAD_BODIES,
  BAD_ENTRIES,
  BAD_HEADERS,
  BAD_LINES,
  BAD_QUERIES,
  BAD_TYPES,
  BAD_UIDS,
  LISTS,
  NOWHERE,
  ROUTES,
  WRONG_METHODS,
} from './malformed-parts.ts'

/** A request as it goes over the wire, in latin1, and what is wrong with it. */
export interface MalformedRequest {
  readonly what: string
  readonly text: string
}

const REST = 'Host: localhost\r\nConnection: close\r\n\r\n'

type Make = (random: Random) => MalformedRequest

const KINDS: readonly Make[] = [
  (random) => get(`${random.pick(['/orders/', '/order/', '/api/v1/lookup/'])}${random.pick(BAD_UIDS)}`),
  (random) => get(`/api/v1/dead-letters/${random.pick(BAD_ENTRIES).replaceAll(' ', '%20')}`),
  (random) => get(random.pick(NOWHERE)),
  (random) => get(`${random.pick(LISTS)}?${random.pick(BAD_QUERIES)}`),
  (random) =>
    get(`/api/v1/dead-letters?${random.pick(['status=gone', 'error_type=A', 'error_type=%27', 'status='])}`),
  (random) => ({ what: 'a header', text: `GET /livez HTTP/1.1\r\n${random.pick(BAD_HEADERS)}\r\n${REST}` }),
  (random) => ({ what: 'a request line', text: `${random.pick(BAD_LINES)}\r\n${REST}` }),
  (random) => post('/api/v1/session', 'application/json', random.pick(BAD_BODIES)),
  (random) => post('/api/v1/session', random.pick(BAD_TYPES), '{"token":"0123456789abcdef"}'),
  (random) => post(random.pick(NOWHERE), 'application/json', random.pick(BAD_BODIES)),
  (random) => ({
    what: 'a method',
    text: `${random.pick(WRONG_METHODS)} ${random.pick(ROUTES)} HTTP/1.1\r\n${REST}`,
  }),
  () => ({ what: 'no Host', text: 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n' }),
  (random) => ({
    what: 'a chunk',
    text: `POST /api/v1/session HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${REST}${random.pick(['zz\r\n', '-1\r\n', '5\r\nabc', '1;x=y\r\n{\r\n\r\n0\r\n\r\n'])}\r\n0\r\n\r\n`,
  }),
]

export function malformedRequest(random: Random): MalformedRequest {
  return random.pick(KINDS)(random)
}

function get(path: string): MalformedRequest {
  return { what: `GET ${path.slice(0, 80)}`, text: `GET ${path} HTTP/1.1\r\n${REST}` }
}

function post(path: string, type: string, body: string): MalformedRequest {
  const length = Buffer.byteLength(body, 'latin1')
  return {
    what: `POST ${path} ${type} ${JSON.stringify(body.slice(0, 60))}`,
    text: `POST ${path} HTTP/1.1\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n${REST}${body}`,
  }
}
