import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Access } from '../../src/http/access.ts'
import type { ProbeDeps } from '../../src/http/probe-routes.ts'
import type { ApiDeps } from '../../src/http/routes.ts'
import { madeUpApi } from './made-up-api.ts'
import { openHttpServer, type HttpLimits, type HttpServer } from '../../src/http/server.ts'

export interface TestServer extends HttpServer {
  readonly port: number
  /** Log lines, as `event` and fields. */
  readonly logged: readonly (readonly [event: string, fields: unknown])[]
}

const OPEN_TO_ALL: Access = { allowAnonymousReads: true, allowAnonymousChanges: true }

/** A real server on a free port of this machine, closed when the test ends. */
export async function openTestServer(
  t: TestContext,
  options: {
    deps?: Partial<ProbeDeps>
    /** `none` is an instance that serves only probes and metrics. */
    api?: Partial<ApiDeps> | 'none'
    /** The bytes of an order, as the database would give them. */
    readOrder?: (uid: string) => Promise<Buffer | undefined>
    access?: Access
    limits?: Partial<HttpLimits>
  } = {},
): Promise<TestServer> {
  const logged: [string, unknown][] = []
  const log = (event: string, fields?: unknown): void => void logged.push([event, fields])
  const server = await openHttpServer({
    address: { host: '127.0.0.1', port: 0 },
    access: options.access ?? OPEN_TO_ALL,
    deps: {
      api: options.api === 'none' ? undefined : { ...madeUpApi(options.readOrder), ...options.api },
      readiness: () => ({ ready: true, checks: {} }),
      metricsText: async () => 'up 1\n',
      metricsContentType: 'text/plain; version=0.0.4; charset=utf-8',
      ...options.deps,
    },
    version: '0.0.0-test',
    log: { warn: log, error: log },
    limits: { drainMs: 2_000, ...options.limits },
  })
  t.after(() => server.close())
  return { ...server, port: Number(new URL(server.url).port), logged }
}

/** Connects without sending anything. */
export async function openSocket(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Sends bytes as they are and returns all that comes back until the server ends the connection. */
export async function exchange(t: TestContext, port: number, request: string): Promise<string> {
  const socket = await openSocket(t, port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = once(socket, 'close')
  socket.write(request, 'latin1')
  await ended
  return Buffer.concat(chunks).toString('utf8')
}
