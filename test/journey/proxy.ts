import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy {
  /** `url` with the host and port of this proxy. */
  via(url: string): string
  /** Breaks every connection and accepts none until `resume`. */
  cut(): Promise<void>
  resume(): Promise<void>
}

/** Stands between the service and a server that other tests use too, so that it can be away. */
export async function startProxy(
  test: { after(undo: () => void | Promise<void>): void },
  target: string,
): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const cut = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  test.after(cut)
  return {
    via: (url) => {
      const changed = new URL(url)
      changed.port = String(address.port)
      return changed.href
    },
    cut,
    resume: async () => {
      server.listen(address.port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
