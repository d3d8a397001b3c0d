import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SECURITY_HEADERS } from './problem.ts'
import { get } from './route.ts'
import type { StaticFile, StaticFiles } from './static-files.ts'

/** The page, which is the same for every address of it: what to show it takes from the address. */
export interface Page {
  send(request: FastifyRequest, reply: FastifyReply): FastifyReply
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const PAGE_HEADERS = { ...SECURITY_HEADERS, 'content-security-policy': POLICY }
/** The name of an asset changes with its content. */
const FOREVER = 'public, max-age=31536000, immutable'

/** Registers the assets of a built page; undefined when it was not built. */
export function addPage(app: FastifyInstance, files: StaticFiles): Page | undefined {
  const index = files.get('index.html')
  if (index === undefined) return undefined
  for (const [name, file] of files) {
    if (file === index) continue
    get(app, `/${name}`, {
      handler: async (request, reply) =>
        sendFile(request, reply, file, name.startsWith('assets/') ? FOREVER : 'no-cache'),
    })
  }
  return { send: (request, reply) => sendFile(request, reply, index, 'no-cache') }
}

function sendFile(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { bytes, type, etag }: StaticFile,
  caching: string,
): FastifyReply {
  reply.headers({ ...PAGE_HEADERS, 'cache-control': caching, etag })
  if (headers['if-none-match'] === etag) return reply.code(304).send()
  return reply.type(type).send(bytes)
}

/**
 * Whether a browser asks, which names HTML before anything else. What names neither HTML nor a wildcard with
 * lower weight, like curl's "any", gets JSON.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const weights = new Map(accept.split(',').map(weightOf))
  const html = weights.get('text/html') ?? 0
  const json = weights.get('application/json') ?? weights.get('application/*') ?? weights.get('*/*') ?? 0
  return html > json || (html > 0 && html === json && !weights.has('application/json'))
}

function weightOf(range: string): [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const weight = q === undefined ? 1 : Number(q.slice(2))
  return [type, weight >= 0 && weight <= 1 ? weight : 0]
}
