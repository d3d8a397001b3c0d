import type { FastifyInstance } from 'fastify'
import { identifier, requireReader, type Access } from './access.ts'
import { sendJson, type HttpLog } from './answer.ts'
import type { Flow } from './contract/flow.ts'
import type { FlowEventStreams } from './flow-events.ts'
import { addFlowRoutes } from './flow-routes.ts'
import { addListRoutes } from './list-routes.ts'
import { addContractRoutes } from './openapi.ts'
import { addOrderRoutes, type ReadOrder, type StoredOrder } from './order-routes.ts'
import { addPage } from './page.ts'
import { addProbeRoutes, type ProbeDeps } from './probe-routes.ts'
import type { Reads } from './reads.ts'
import { get } from './route.ts'
import { addSessionRoutes } from './session-routes.ts'
import type { StaticFiles } from './static-files.ts'

/** What the routes need of the rest. */
export interface HttpDeps extends ProbeDeps {
  /** Undefined on an instance that serves only probes and metrics. */
  readonly api: ApiDeps | undefined
}

export interface ApiDeps {
  readonly readOrder: ReadOrder
  /** The same, when it is in memory. */
  readonly peekOrder: (uid: string) => StoredOrder | undefined
  readonly reads: Reads
  readonly flow: () => Promise<Flow>
  /** The built page; empty when it was not built. */
  readonly page: StaticFiles
}

/** Read by people who open the address in a browser while there is no page. */
const INDEX = JSON.stringify({
  name: 'Sluice',
  order: '/orders/{uid}',
  contract: '/openapi.json',
  viewer: '/docs',
  metrics: '/metrics',
  liveness: '/livez',
  readiness: '/readyz?verbose',
})

export async function addRoutes(
  app: FastifyInstance,
  deps: HttpDeps,
  access: Access,
  streams: FlowEventStreams | undefined,
  log: HttpLog,
): Promise<void> {
  const identify = identifier(access)
  const onRequest = requireReader(identify)
  const { api } = deps
  const page = api && addPage(app, api.page)
  if (api !== undefined) {
    addOrderRoutes(app, api.readOrder, page, onRequest, log)
    addListRoutes(app, api.reads, identify, onRequest, log)
    if (streams !== undefined) addFlowRoutes(app, api.flow, streams, onRequest, log)
    addSessionRoutes(app, access, identify)
    await addContractRoutes(app)
  }
  addProbeRoutes(app, deps, onRequest, log)
  get(app, '/', {
    handler: async (request, reply) =>
      page === undefined ? sendJson(reply, INDEX) : page.send(request, reply),
  })
}
