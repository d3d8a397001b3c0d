import type { FastifyInstance } from 'fastify'
import { attempt, sendUnavailable, UNAVAILABLE, type HttpLog } from './answer.ts'
import { FlowEvents, type Flow } from './contract/flow.ts'
import { answer, problems } from './contract/shared.ts'
import type { FlowEventStreams } from './flow-events.ts'
import { get, type Hook } from './route.ts'

/** The live picture: once, and as a stream. */
export function addFlowRoutes(
  app: FastifyInstance,
  flow: () => Promise<Flow>,
  streams: FlowEventStreams,
  onRequest: Hook,
  log: HttpLog,
): void {
  get(app, '/api/v1/flow', {
    onRequest,
    schema: {
      tags: ['flow'],
      summary: 'How this instance and the whole system stand now',
      response: { 200: answer('Taken now', 'Flow'), ...problems(401, 503) },
    },
    handler: async (_, reply) => {
      const snapshot = await attempt(flow, log, 'http_flow_failed')
      if (snapshot === UNAVAILABLE) return sendUnavailable(reply, 'The state can not be told now.')
      reply.header('cache-control', 'no-store')
      return snapshot
    },
  })
  get(app, '/api/v1/flow/events', {
    onRequest,
    schema: {
      tags: ['flow'],
      summary: 'The same once a second, as server-sent events',
      response: {
        200: { description: 'A stream', content: { 'text/event-stream': { schema: FlowEvents } } },
        ...problems(401, 429),
      },
    },
    handler: async (request, reply) => streams.open(request, reply),
  })
}
