import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { percentile } from './statistics.ts'

export interface HttpLoadPlan {
  readonly port: number
  /** The requests to send, in turns; each as it goes over the wire. */
  readonly requests: readonly Buffer[]
  readonly connections: number
  readonly seconds: number
  /** In all; as fast as answers come without it. */
  readonly perSecond?: number
}

export interface HttpLoad {
  readonly answers: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** A GET as it goes over the wire. */
export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
}

/**
 * Keeps connections busy, one request in flight on each. It reads only what it must of an answer, so that it
 * takes little of a machine that it shares with the server. Throws when an answer is neither 200 nor 304.
 */
export async function loadHttp(plan: HttpLoadPlan): Promise<HttpLoad> {
  const { connections, seconds, perSecond } = plan
  const latenciesMs: number[] = []
  const startedAtMs = performance.now()
  const endAtMs = startedAtMs + seconds * 1000
  const intervalMs = perSecond === undefined ? 0 : (connections * 1000) / perSecond
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      keepBusy(plan, index, { endAtMs, intervalMs, onAnswer: (ms) => void latenciesMs.push(ms) }),
    ),
  )
  return {
    answers: latenciesMs.length,
    perSecond: (latenciesMs.length / (performance.now() - startedAtMs)) * 1000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    maxMs: percentile(latenciesMs, 1),
  }
}

interface Pace {
  readonly endAtMs: number
  readonly intervalMs: number
  readonly onAnswer: (latencyMs: number) => void
}

async function keepBusy({ port, requests }: HttpLoadPlan, index: number, pace: Pace): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  await once(socket, 'connect')
  const answers = readAnswers(socket)
  try {
    let number = index * 7_919
    for (let meantAtMs = performance.now(); meantAtMs < pace.endAtMs; number++) {
      // With a pace, the clock runs from when the request was meant to be sent, whatever held it up.
      if (pace.intervalMs > 0) await until(meantAtMs)
      socket.write(requests[number % requests.length] ?? Buffer.alloc(0))
      await answers.next()
      pace.onAnswer(performance.now() - meantAtMs)
      meantAtMs = pace.intervalMs > 0 ? meantAtMs + pace.intervalMs : performance.now()
    }
  } finally {
    socket.destroy()
  }
}

function until(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())))
}

/** Resolves `next` when a whole answer is here. */
function readAnswers(socket: Socket): { next(): Promise<void> } {
  let waiting: PromiseWithResolvers<void> | undefined
  let rest = Buffer.alloc(0)
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure = error
    waiting?.reject(error)
  }
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const length = answerLength(rest)
    if (length === undefined || rest.length < length) return
    if (!isFine(rest)) return fail(new Error(`an answer was ${rest.toString('latin1', 9, 12)}`))
    rest = rest.subarray(length)
    waiting?.resolve()
  })
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server ended the connection')))
  return {
    next: () => {
      if (failure !== undefined) return Promise.reject(failure)
      waiting = Promise.withResolvers()
      return waiting.promise
    },
  }
}

function isFine(answer: Buffer): boolean {
  const status = answer.toString('latin1', 9, 12)
  return status === '200' || status === '304'
}

/** Of head and body; undefined while the head is not whole. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const at = bytes.indexOf('ontent-length: ', 0, 'latin1')
  if (at < 0 || at > end) return end + 4
  return end + 4 + Number.parseInt(bytes.toString('latin1', at + 15, at + 25), 10)
}
