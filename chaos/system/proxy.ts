import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { commitCutter } from './commit-cutter.ts'
import { proxyConnection, type ProxiedConnection } from './proxied-connection.ts'

/** Stands between clients and one server. Faults add up, and all of them end with `clear`. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** New connections go there; those that are open are broken. */
  retarget(port: number): void
  /** Each chunk in both directions later by this; 0 ends it. */
  delay(ms: number): void
  /** Breaks this share of the open connections by RST, at least one if there is any; returns how many. */
  reset(share: number): number
  /** Breaks all, and refuses new ones until `clear`. */
  cut(): void
  /** Accepts and swallows everything, on open connections too, until `clear`, which breaks them. */
  blackhole(): void
  /** What is open now gets and gives nothing any more and is not closed, until `clear` breaks it; new ones work. */
  halfOpen(): void
  /** Each connection that is open now is broken after so many more bytes, both directions together. */
  cutAfterBytes(bytes: number): void
  /**
   * The next `times` COMMITs of clients: their connection is reset before they are passed on, or after that and
   * before their answer is. Resolves when all happened or `clear` was called, with how many did.
   */
  cutAtCommit(when: 'before' | 'after', times: number): Promise<number>
  clear(): void
}

const LISTEN_AGAIN_MS = 50

/** Listens on 127.0.0.1 at `port`, for a server there at `target`. Disposing breaks everything. */
export async function startProxy({ port, target }: { port: number; target: number }): Promise<Proxy> {
  const open = new Set<ProxiedConnection>()
  const commits = commitCutter()
  let targetPort = target
  let delayMs = 0
  let swallowing = false
  let server = createListener()
  let listening = true

  function createListener(): Server {
    return createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const connection = proxyConnection(near, {
        targetPort: swallowing ? undefined : targetPort,
        delayMs: () => delayMs,
        commits,
        onClosed: () => open.delete(connection),
      })
      open.add(connection)
    })
  }

  const breakAll = (): void => {
    for (const connection of open) connection.break()
  }
  const swallowOpen = (): void => {
    for (const connection of open) connection.swallow()
  }
  const listen = (on: Server): void => {
    // Not if it was stopped, or replaced by another, while it waited.
    if (listening && on === server) on.listen(port, '127.0.0.1')
  }
  const listenAgain = (): void => {
    if (listening) return
    listening = true
    const fresh = createListener()
    // The listener that was closed may hold the port for a moment yet.
    fresh.on('error', () => setTimeout(() => listen(fresh), LISTEN_AGAIN_MS))
    server = fresh
    listen(fresh)
  }
  const stopListening = (): void => {
    listening = false
    server.close()
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port,
    retarget: (to) => {
      targetPort = to
      breakAll()
    },
    delay: (ms) => {
      const shorter = ms < delayMs
      delayMs = ms
      if (shorter) for (const connection of open) connection.hurry()
    },
    reset: (share) => {
      const chosen = shuffled([...open]).slice(0, Math.ceil(share * open.size))
      for (const connection of chosen) connection.break()
      return chosen.length
    },
    cut: () => {
      stopListening()
      breakAll()
    },
    blackhole: () => {
      swallowing = true
      swallowOpen()
    },
    halfOpen: swallowOpen,
    cutAfterBytes: (bytes) => {
      for (const connection of open) connection.breakAfter(bytes)
    },
    cutAtCommit: (when, times) => commits.arm(when, times),
    clear: () => {
      commits.clear()
      delayMs = 0
      swallowing = false
      for (const connection of open) {
        connection.breakAfter(undefined)
        if (connection.swallowing) connection.break()
        else connection.hurry()
      }
      listenAgain()
    },
    [Symbol.asyncDispose]: async () => {
      commits.clear()
      const closed = server.listening ? once(server, 'close') : undefined
      stopListening()
      breakAll()
      await closed
    },
  }
}

function shuffled<T>(values: T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
