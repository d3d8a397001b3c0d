import { connect, type Socket } from 'node:net'
import type { CommitCutter } from './commit-cutter.ts'
import { delayLine } from './delay-line.ts'

/** A client's connection and the one that was made for it to the server. */
export interface ProxiedConnection {
  /** RST to both sides. */
  break(): void
  /** From now on takes everything and passes on nothing, not even that a side has closed. */
  swallow(): void
  readonly swallowing: boolean
  /** Breaks it after so many more bytes, both directions together; undefined ends that. */
  breakAfter(bytes: number | undefined): void
  /** The delay became shorter. */
  hurry(): void
}

export interface ConnectionPlan {
  /** Undefined: nowhere, and everything is swallowed. */
  readonly targetPort: number | undefined
  readonly delayMs: () => number
  readonly commits: CommitCutter
  /** Called when it is broken, or both sides have closed it. */
  readonly onClosed: () => void
}

/** Sockets must be half-open: one side may close its direction and go on reading. */
export function proxyConnection(near: Socket, plan: ConnectionPlan): ProxiedConnection {
  const { targetPort, delayMs, commits } = plan
  const far =
    targetPort === undefined
      ? undefined
      : connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const sockets = far === undefined ? [near] : [near, far]
  let swallowing = far === undefined
  let leftBytes: number | undefined
  const watch = commits.watch()
  const lines = far === undefined ? [] : [delayLine(near, far, delayMs), delayLine(far, near, delayMs)]
  const [toServer, toClient] = lines

  const breakBoth = (): void => {
    watch.closed()
    plan.onClosed()
    for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy()
  }

  /** What of a chunk is still passed on. */
  const within = (chunk: Buffer): Buffer => {
    if (leftBytes === undefined) return chunk
    const passed = chunk.subarray(0, leftBytes)
    leftBytes -= passed.length
    return passed
  }

  const pass = (line: typeof toServer, chunk: Buffer): void => {
    line?.push(within(chunk))
    // The last bytes are on their way to the kernel by now; a reset would overtake those that are not.
    if (leftBytes === 0) setImmediate(breakBoth)
  }

  near.on('data', (chunk) => {
    if (swallowing) return
    if (watch.fromClient(chunk) === 'break') breakBoth()
    else pass(toServer, chunk)
  })
  far?.on('data', (chunk) => {
    if (swallowing) return
    if (watch.fromServer() === 'break') breakBoth()
    else pass(toClient, chunk)
  })
  near.on('end', () => toServer?.end())
  far?.on('end', () => toClient?.end())

  let open = sockets.length
  for (const socket of sockets) {
    socket.on('error', () => {}) // `close` follows, and says all that matters
    socket.on('close', (hadError) => {
      if (hadError && !swallowing) breakBoth()
      if (--open === 0) {
        watch.closed()
        plan.onClosed()
      }
    })
  }

  return {
    break: breakBoth,
    swallow: () => {
      swallowing = true
      for (const line of lines) line.swallow()
    },
    get swallowing() {
      return swallowing
    },
    breakAfter: (bytes) => {
      leftBytes = bytes
    },
    hurry: () => lines.forEach((line) => line.hurry()),
  }
}
