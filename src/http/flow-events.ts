import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpLog } from './answer.ts'
import { createHistory } from './event-history.ts'
import { SECURITY_HEADERS, sendProblem } from './problem.ts'

export interface FlowEventStreams {
  open(request: FastifyRequest, reply: FastifyReply): FastifyReply
  /** Ends every stream; browsers come back by themselves, to whoever answers then. */
  close(): void
}

export interface FlowEventOptions {
  /** What an event tells, taken once for all clients; an event is left out when it throws. */
  readonly snapshot: () => Promise<unknown>
  readonly everyMs: number
  readonly heartbeatMs: number
  readonly maxStreams: number
  /** What a client that does not read may leave in memory. Events above it are left out, and it is told so. */
  readonly maxBufferedBytes: number
  readonly log: HttpLog
}

interface Client {
  readonly socket: Socket
  missed: number
}

const RETRY_AFTER_S = 5
/** So many events without anybody listening, and the timer stops. */
const LINGER_EVENTS = 60
/** Clients in one go; others wait for a turn of the event loop, so that a thousand do not hold up a batch. */
const SLICE = 100
/** A client that has not read for so many events is gone, or as good as. */
const GIVE_UP_AFTER_EVENTS = 60

/** One timer and one serialization, whatever the number of clients. */
export function createFlowEvents(options: FlowEventOptions): FlowEventStreams {
  const clients = new Set<Client>()
  const history = createHistory(LINGER_EVENTS)
  let timer: NodeJS.Timeout | undefined
  let unheard = 0
  let sentAtMs = 0
  let ticking = false

  async function tick(): Promise<void> {
    // One that takes longer than its second is not overtaken by the next.
    if (ticking) return
    ticking = true
    try {
      unheard = clients.size === 0 ? unheard + 1 : 0
      if (unheard > LINGER_EVENTS) return stopTimer()
      const data = JSON.stringify(await options.snapshot())
      await sendToAll(history.add(data))
    } catch (error) {
      options.log.warn('http_flow_failed', { error })
      if (Date.now() - sentAtMs >= options.heartbeatMs) await sendToAll(HEARTBEAT)
    } finally {
      ticking = false
    }
  }

  async function sendToAll(frame: Buffer): Promise<void> {
    sentAtMs = Date.now()
    let sent = 0
    // Who comes meanwhile has been given this one already.
    for (const client of Array.from(clients)) {
      send(client, frame, options.maxBufferedBytes)
      if (++sent % SLICE === 0) await turn()
    }
  }

  function startTimer(): void {
    if (timer !== undefined) return
    timer = setInterval(() => void tick(), options.everyMs)
    void tick()
  }

  function stopTimer(): void {
    clearInterval(timer)
    timer = undefined
    history.clear()
  }

  return {
    open: (request, reply) => {
      if (clients.size >= options.maxStreams) {
        return sendProblem(reply.header('retry-after', RETRY_AFTER_S), 'too_many_requests', {
          detail: 'As many event streams as this instance serves are open.',
        })
      }
      const client = begin(reply)
      if (client === undefined) return reply
      if (request.method === 'HEAD') {
        client.socket.end()
        return reply
      }
      client.socket.write(history.since(request.headers['last-event-id']))
      clients.add(client)
      startTimer()
      client.socket.once('close', () => clients.delete(client))
      return reply
    },
    close: () => {
      stopTimer()
      for (const { socket } of clients) socket.end()
    },
  }
}

const HEARTBEAT = Buffer.from(':\n\n')

/** The body has no length and no chunks: it ends with the connection, so a frame is the same for everybody. */
function begin(reply: FastifyReply): Client | undefined {
  reply.hijack()
  const { raw } = reply
  raw.removeHeader('transfer-encoding')
  raw.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // For proxies that would collect events before they pass them on.
    'x-accel-buffering': 'no',
    connection: 'close',
  })
  raw.flushHeaders()
  // The client has left meanwhile.
  if (raw.socket === null) return undefined
  raw.socket.setNoDelay(true)
  return { socket: raw.socket, missed: 0 }
}

function send(client: Client, frame: Buffer, maxBufferedBytes: number): void {
  const { socket } = client
  if (socket.destroyed) return
  if (socket.writableLength + frame.length > maxBufferedBytes) {
    client.missed++
    if (client.missed > GIVE_UP_AFTER_EVENTS) socket.destroy()
    return
  }
  if (client.missed > 0) {
    socket.write(`event: gap\ndata: {"missed":${client.missed}}\n\n`)
    client.missed = 0
  }
  socket.write(frame)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
