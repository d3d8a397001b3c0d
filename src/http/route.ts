import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  RouteGenericInterface,
  RouteOptions,
} from 'fastify'
import { sendProblem } from './problem.ts'

export type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

type OptionsOf<G extends RouteGenericInterface> = RouteOptions<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  G
>

/** Answers with the reply itself, or with what the schema of the response makes JSON of. */
export type Handler<G extends RouteGenericInterface = RouteGenericInterface> = OptionsOf<G>['handler']

/** Parameters are validated by the schema, and the contract is made of it; without a tag it is not part of that. */
type Operation<G extends RouteGenericInterface> = Pick<
  OptionsOf<G>,
  'handler' | 'schema' | 'onRequest' | 'bodyLimit'
>

/** Registers GET and HEAD; the other methods answer 405 before their body is looked at. */
export function get<G extends RouteGenericInterface = RouteGenericInterface>(
  app: FastifyInstance,
  url: string,
  operation: Operation<G>,
): void {
  add(app, 'GET', url, operation)
  refuseOthers(app, url, ['GET', 'HEAD'])
}

export function add<G extends RouteGenericInterface>(
  app: FastifyInstance,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  operation: Operation<G>,
): void {
  app.route({ method, url, ...operation })
}

export function refuseOthers(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const refuse = async (_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    sendProblem(reply.header('allow', allowed.join(', ')), 'method_not_allowed', {
      detail: `Only ${allowed.join(', ').replace(/, ([^,]*)$/, ' and $1')} are allowed here.`,
    })
  app.route({
    method: app.supportedMethods.filter((name) => !allowed.includes(name)),
    url,
    onRequest: async (request, reply) => void (await refuse(request, reply)),
    handler: refuse,
  })
}
