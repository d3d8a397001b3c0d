import swagger from '@fastify/swagger'
import viewer from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { sendJson } from './answer.ts'
import { DeadLetter, DeadLetterList, DeadLetterSummary } from './contract/dead-letters.ts'
import { Flow } from './contract/flow.ts'
import { Ledger } from './contract/ledger.ts'
import { Lookup, Order, OrderList, OrderSummary, Retrying, RetryingList } from './contract/orders.ts'
import { Session } from './contract/session.ts'
import { Problem } from './contract/shared.ts'
import { get } from './route.ts'

const ABOUT = `Reads need \`READ_TOKEN\` or \`ADMIN_TOKEN\` when they are set: as \`Authorization: Bearer …\`, or
in a browser by signing in for a cookie. The probes need none.

Lists are pages: ask for \`next\` as \`cursor\` until it is null. Errors are problems (RFC 9457) with a stable \`code\`.
404 says that something is not there; when that can't be known, the answer is 503.`

const NAMED = [
  Order,
  OrderSummary,
  OrderList,
  Lookup,
  Retrying,
  RetryingList,
  Ledger,
  DeadLetterSummary,
  DeadLetterList,
  DeadLetter,
  Flow,
  Session,
  Problem,
]

/** Collects the schemas of all routes that are registered from now on. */
export async function addContract(app: FastifyInstance, version: string): Promise<void> {
  for (const schema of NAMED) app.addSchema(schema)
  await app.register(swagger, {
    hideUntagged: true,
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: (json, _, __, i) => (typeof json['$id'] === 'string' ? json['$id'] : `def-${i}`),
    },
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
      tags: [
        { name: 'orders', description: 'Where an order is' },
        { name: 'books', description: 'What became of every record' },
        { name: 'dead letters', description: 'Records that could not be stored' },
        { name: 'flow', description: 'The live picture' },
        { name: 'session', description: 'Signing in, for pages' },
        { name: 'operation', description: 'For whoever runs it' },
      ],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'sluice_session' },
        },
      },
      security: [{ token: [] }, { session: [] }, {}],
    },
  })
}

/** The viewer sets styles from its scripts, so it is less strict than the page; nothing is loaded from elsewhere. */
const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Serves what was collected, and a viewer of it; the same for everybody, so they need no token. */
export async function addContractRoutes(app: FastifyInstance): Promise<void> {
  let text: string | undefined
  get(app, '/openapi.json', {
    handler: async (_, reply) => sendJson(reply, (text ??= JSON.stringify(app.swagger()))),
  })
  await app.register(viewer, {
    routePrefix: '/docs',
    staticCSP: VIEWER_POLICY,
    uiConfig: { docExpansion: 'list' },
  })
}
