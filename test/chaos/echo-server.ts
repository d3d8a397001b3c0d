import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

export interface EchoServer {
  readonly port: number
  /** Its side of each connection that it ever accepted, in order. */
  readonly accepted: readonly Socket[]
}

/** Sends back what it gets, and ends when the other side does. It is closed after the test. */
export async function startEchoServer(test: Afterwards): Promise<EchoServer> {
  const accepted: Socket[] = []
  const server = createServer((socket) => {
    accepted.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.close()
    for (const socket of accepted) socket.destroy()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { port: address.port, accepted }
}

export interface TestClient {
  readonly socket: Socket
  /** Everything that came so far. */
  readonly received: () => string
  /** Resolves when so many have come, with all of them. */
  readonly receives: (bytes: number) => Promise<string>
  /** Resolves with the error's code, or `closed`, when the connection is over. */
  readonly over: Promise<string>
}

/** A connection to the port, not yet necessarily open. It is destroyed after the test. */
export function openClient(test: Afterwards, port: number): TestClient {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  test.after(() => void socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    socket.emit('more')
  })
  const { promise: over, resolve } = Promise.withResolvers<string>()
  socket.on('error', (error) => resolve(String(Reflect.get(error, 'code'))))
  socket.on('close', () => resolve('closed'))
  return {
    socket,
    received: () => text,
    receives: async (bytes) => {
      while (text.length < bytes) await once(socket, 'more')
      return text
    },
    over,
  }
}
