import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Identify } from './access.ts'
import { JSON_TYPE } from './answer.ts'
import { matches, ORDER_CACHING, type StoredOrder } from './order-routes.ts'
import { prefersHtml } from './page.ts'
import { SECURITY_HEADERS } from './problem.ts'

export interface FastPathOptions {
  /** The order when it is in memory. */
  readonly peekOrder: (uid: string) => StoredOrder | undefined
  readonly identify: Identify
  /** Whether browsers are shown a page instead. */
  readonly hasPage: boolean
}

/** What any uid in any spelling needs is not here: only the plain one, which programs send. */
const ORDER_PATH = /^\/(orders?)\/([A-Za-z0-9._:~-]{1,128})$/
/** Names and values in turn, as Node takes them without looking at each. */
const ALWAYS = [...Object.entries(SECURITY_HEADERS).flat(), 'cache-control', ORDER_CACHING]
const VARYING = [...ALWAYS, 'vary', 'Accept']

/**
 * Answers a GET of an order that is in memory, as the routes of the framework would, before the framework
 * sees it; its hooks and timers cost as much as all the rest of such an answer. False for everything else,
 * which goes the usual way: this only ever gives an order to somebody who may read it.
 */
export function orderFastPath({ peekOrder, identify, hasPage }: FastPathOptions) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== 'GET') return false
    const [, route, uid] = ORDER_PATH.exec(request.url ?? '') ?? []
    if (uid === undefined) return false
    const { headers } = request
    const varying = route === 'orders'
    if (headers.host === undefined || (varying && hasPage && prefersHtml(headers.accept))) return false
    if (identify(headers) === 'none') return false
    const order = peekOrder(uid)
    if (order === undefined) return false
    const { bytes, etag } = order
    const common = varying ? VARYING : ALWAYS
    if (matches(headers['if-none-match'], etag)) {
      response.writeHead(304, [...common, 'etag', etag])
      response.end()
    } else {
      const own = ['etag', etag, 'content-type', JSON_TYPE, 'content-length', String(bytes.length)]
      response.writeHead(200, [...common, ...own])
      response.end(bytes)
    }
    return true
  }
}
