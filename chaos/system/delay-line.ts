import type { Socket } from 'node:net'

/** One direction of a connection. */
export interface DelayLine {
  /** Passes a chunk on, `delayMs()` from now and behind everything that came before it. */
  push(chunk: Buffer): void
  /** The sender has nothing more to say: passed on in its turn. */
  end(): void
  /** To be called when the delay became shorter: what waits is passed on at once. */
  hurry(): void
  /** Drops what waits, and from now on everything. The sender's bytes are still taken from it. */
  swallow(): void
}

/** Above this the sender has to wait, as it would for a slow receiver. */
const MAX_WAITING_BYTES = 4 * 1_048_576

/** Passes on what `from` sends to `to`, in order, and no faster than `to` takes it. */
export function delayLine(from: Socket, to: Socket, delayMs: () => number): DelayLine {
  let waiting: { readonly dueMs: number; readonly chunk: Buffer | undefined }[] = []
  let waitingBytes = 0
  let timer: NodeJS.Timeout | undefined
  let swallowing = false

  const pump = (): void => {
    clearTimeout(timer)
    timer = undefined
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      // The next `drain` comes back here.
      if (to.writableNeedDrain) break
      const leftMs = next.dueMs - performance.now()
      if (leftMs > 0) {
        timer = setTimeout(pump, leftMs)
        break
      }
      waiting.shift()
      if (next.chunk === undefined) to.end()
      else {
        waitingBytes -= next.chunk.length
        to.write(next.chunk)
      }
    }
    if (waitingBytes > MAX_WAITING_BYTES || to.writableNeedDrain) from.pause()
    else from.resume()
  }
  to.on('drain', pump)
  to.on('close', () => clearTimeout(timer))

  const put = (chunk: Buffer | undefined): void => {
    if (swallowing || to.destroyed) return
    waiting.push({ dueMs: performance.now() + delayMs(), chunk })
    waitingBytes += chunk?.length ?? 0
    if (timer === undefined || waitingBytes > MAX_WAITING_BYTES) pump()
  }

  return {
    push: put,
    end: () => put(undefined),
    hurry: () => {
      waiting = waiting.map(({ chunk }) => ({ dueMs: 0, chunk }))
      pump()
    },
    swallow: () => {
      swallowing = true
      waiting = []
      waitingBytes = 0
      clearTimeout(timer)
      from.resume()
    },
  }
}
