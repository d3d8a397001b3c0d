import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Connections {
  /** Told of each request that is not answered at once. */
  readonly track: (request: IncomingMessage, response: ServerResponse) => void
  /** Ends each connection that has no request in flight now, and the others as they finish. */
  readonly drain: () => void
}

/**
 * Knows which connections have a request in flight. Node's own closing waits for connections that have not
 * sent a whole request yet: a browser's spare one, or a slow attacker, would hold up a stop.
 */
export function trackConnections(server: Server): Connections {
  const inFlight = new Map<Socket, number>()
  let draining = false

  const change = (socket: Socket, by: number): void => {
    const count = inFlight.get(socket)
    if (count === undefined) return
    inFlight.set(socket, count + by)
    if (draining && count + by === 0) socket.destroySoon()
  }
  server.on('connection', (socket: Socket) => {
    inFlight.set(socket, 0)
    socket.once('close', () => inFlight.delete(socket))
  })

  return {
    track: ({ socket }, response) => {
      change(socket, 1)
      response.once('close', () => change(socket, -1))
    },
    drain: () => {
      draining = true
      // An answer that was given at once may not be on its way yet; then it is sent first.
      for (const [socket, count] of inFlight) if (count === 0) socket.destroySoon()
    },
  }
}
