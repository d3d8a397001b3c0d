import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Tells how many bytes all of them were sent so far. */
type Received = () => number

/** Browsers that leave the page open. */
export function openEventStreams(port: number, count: number): Promise<Received> {
  const request = 'GET /api/v1/flow/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n'
  return openAll(port, count, (socket) => void socket.write(request))
}

/** Attackers that send a header now and then and never come to an end; whoever is thrown out comes back. */
export function openSlowloris(port: number, count: number): Promise<Received> {
  return openAll(port, count, (socket) => {
    socket.write('GET /orders/x HTTP/1.1\r\nHost: localhost\r\n')
    const drip = setInterval(() => socket.write('X-Header: 1\r\n'), 2_000)
    socket.once('close', () => clearInterval(drip))
  })
}

const AT_ONCE = 100

async function openAll(port: number, count: number, begin: (socket: Socket) => void): Promise<Received> {
  const sockets = new Set<Socket>()
  let received = 0
  const open = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => (received += chunk.length))
    socket.once('close', () => {
      sockets.delete(socket)
      void open()
    })
    await once(socket, 'connect').catch(() => {})
    begin(socket)
  }
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, open))
  }
  await untilAccepted(port)
  return () => received
}

/** The kernel lets them connect before the server takes them, one after the other; who comes last is answered last. */
async function untilAccepted(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
}
