import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { StackError } from './stack-error.ts'

// Below the range from which systems take ports for outgoing connections (32768 on Linux, 49152 elsewhere):
// a server that is killed and started again must not find its port lent to some client meanwhile.
const FIRST_FREE_PORT = 15_000
const LAST_FREE_PORT = 32_000

/** True when a server could listen on 127.0.0.1 at this port now. */
export async function isPortFree(port: number): Promise<boolean> {
  // Some systems let 127.0.0.1 be bound beside a listener on every address, which then still gets connections.
  if (await answers(port)) return false
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** True when something accepts connections on 127.0.0.1 at this port. */
export async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 })
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

/**
 * A free port: the first from `preferred` upwards, or without one any. Ports in `taken` are left out, and the
 * result is added to it, so that servers started together get different ones.
 */
export async function choosePort(taken: Set<number>, preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const port = preferred === undefined ? randomInt(FIRST_FREE_PORT, LAST_FREE_PORT) : preferred + attempt
    if (taken.has(port) || !(await isPortFree(port))) continue
    taken.add(port)
    return port
  }
  throw new StackError(`found no free port${preferred === undefined ? '' : ` from ${preferred} upwards`}`)
}
