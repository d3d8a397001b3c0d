import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { DeadLetter, Order, OrderPage, OrderSummary, Retrying } from '../../ui/api/orders.ts'
import type { FlowSample } from '../../ui/api/flow-sample.ts'
import { firstSample } from './made-up-flow.ts'

/**
 * What the page talks to, with every state that a real service can't be brought into at will. It answers as
 * docs/openapi.json says, under the policy that the real one sends.
 */
export interface MadeUpService {
  readonly url: string
  readonly orders: Map<string, Order>
  readonly retrying: Map<string, Retrying>
  readonly deadLetters: Map<string, DeadLetter>
  /** What look-ups tell of records that are not settled. */
  unread: number
  /** Sent to every open stream at once, and to those that come. */
  sample(next: FlowSample): void
  /** What every question is answered with instead, while it is set. */
  fail: 401 | 503 | undefined
  /** Ends the streams; none can be opened while `fail` is set. */
  dropStreams(): void
  close(): Promise<void>
}

const DIST = join(import.meta.dirname, '../../ui/dist')
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
export const TOKEN = 'made-up-token'
const STORED_AT = new Date().toISOString()

export async function openMadeUpService(): Promise<MadeUpService> {
  const streams = new Set<ServerResponse>()
  let current = firstSample()
  const server = createServer((request, response) => void answer(request, response))
  const service: MadeUpService = {
    get url() {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    },
    orders: new Map(),
    retrying: new Map(),
    deadLetters: new Map(),
    unread: 0,
    fail: undefined,
    sample: (next) => {
      current = next
      for (const stream of streams) stream.write(flowEvent(current))
    },
    dropStreams: () => {
      for (const stream of streams) stream.destroy()
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', service.url)
    const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    if (url.pathname.startsWith('/assets/')) return sendFile(response, url.pathname)
    const html = request.headers.accept?.includes('text/html') === true
    if (html && (url.pathname === '/' || url.pathname.startsWith('/orders/'))) {
      return sendFile(response, '/index.html')
    }
    if (url.pathname === '/api/v1/session') return signIn(request, response)
    if (service.fail !== undefined) return problem(response, service.fail)
    if (url.pathname === '/api/v1/flow/events') return openStream(response)
    if (url.pathname === '/api/v1/flow') return json(response, current)
    if (url.pathname === '/api/v1/orders') return json(response, listOf(url.searchParams))
    if (url.pathname === '/api/v1/dead-letters')
      return json(response, { items: newestDeadLetters(), next: null })
    if (url.pathname.startsWith('/api/v1/lookup/')) return json(response, lookup(name))
    const order = service.orders.get(name)
    if (order === undefined) problem(response, 404)
    else json(response, order)
  }

  async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'DELETE') {
      response.writeHead(204).end()
      return
    }
    const body = (await request.toArray()).join('')
    const { token } = JSON.parse(body) as { token: string }
    if (token !== TOKEN) return problem(response, 401)
    service.fail = undefined
    json(response, { role: 'reader' })
  }

  function openStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(flowEvent(current))
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  function lookup(uid: string): unknown {
    const order = service.orders.get(uid)
    return {
      order_uid: uid,
      stored: order === undefined ? null : { stored_at: STORED_AT, source: SOURCE, cached: true },
      retrying: service.retrying.has(uid) ? [service.retrying.get(uid)] : [],
      dead_letters: service.deadLetters.has(uid) ? [service.deadLetters.get(uid)] : [],
      unread: service.unread,
    }
  }

  function newestDeadLetters(): unknown[] {
    const newest = [...service.deadLetters].slice(-8).toReversed()
    return newest.map(([key, letter]) => ({ ...letter, topic: 'orders', key }))
  }

  function listOf(query: URLSearchParams): OrderPage {
    const found = [...service.orders.values()].filter(
      (order) => order.track_number === query.get('track_number'),
    )
    const from = Number(query.get('cursor') ?? 0)
    const end = from + Number(query.get('limit'))
    return { items: found.slice(from, end).map(summaryOf), next: end < found.length ? String(end) : null }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return service
}

export function madeUpLetter(entry: string): DeadLetter {
  return {
    entry,
    error_type: 'invalid_order',
    error_message: '/payment/currency: does not match',
    error_stage: 'validate',
    attempts: 1,
    status: 'open',
    created_at: new Date().toISOString(),
    partition: 3,
    offset: 88_123,
  }
}

const SOURCE = { topic_id: '0b0f7a38-5f3b-4d5f-9c39-9d6a0c7f3a11', partition: 2, offset: 1_204_331 }

function summaryOf(order: Order): OrderSummary {
  return {
    order_uid: order.order_uid,
    track_number: order.track_number,
    customer_id: order.customer_id,
    delivery_service: order.delivery_service,
    date_created: order.date_created,
    stored_at: STORED_AT,
    amount: order.payment.amount,
    currency: order.payment.currency,
    items_count: order.items.length,
  }
}

function flowEvent(sample: FlowSample): string {
  return `event: flow\nid: 1-1\ndata: ${JSON.stringify(sample)}\n\n`
}

function sendFile(response: ServerResponse, path: string): void {
  const type = TYPES[extname(path)] ?? 'text/html; charset=utf-8'
  response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY })
  response.end(readFileSync(join(DIST, path)))
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function problem(response: ServerResponse, status: 401 | 404 | 503): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '5' })
    .end(JSON.stringify({ title: 'Made up', status, code: 'made_up' }))
}
