import { randomBytes } from 'node:crypto'

/** The last events, for clients whose connection broke. */
export interface EventHistory {
  /** The event as it goes over the wire. */
  add(data: string): Buffer
  /**
   * What a client that saw the event `lastId` has to be sent first: all that it missed; or a `gap` and the
   * newest when that event is not known any more; without an id, the newest.
   */
  since(lastId: string | string[] | undefined): Buffer
  clear(): void
}

const RECONNECT_AFTER_MS = 2_000

export function createHistory(maxEvents: number): EventHistory {
  // Ids of another instance, or of this one before it was restarted, say nothing here.
  const run = randomBytes(4).toString('hex')
  const events: { readonly id: string; readonly frame: Buffer }[] = []
  let number = 0

  function missedBy(lastId: string): Buffer[] {
    const index = events.findLastIndex(({ id }) => id === lastId)
    return index >= 0 ? events.slice(index + 1).map(({ frame }) => frame) : [GAP, ...newest()]
  }

  function newest(): Buffer[] {
    return events.slice(-1).map(({ frame }) => frame)
  }

  return {
    add: (data) => {
      const id = `${run}-${++number}`
      const frame = Buffer.from(`id: ${id}\nevent: flow\ndata: ${data}\n\n`)
      events.push({ id, frame })
      if (events.length > maxEvents) events.shift()
      return frame
    },
    since: (lastId) =>
      Buffer.concat([FIRST, ...(typeof lastId === 'string' && lastId !== '' ? missedBy(lastId) : newest())]),
    clear: () => void (events.length = 0),
  }
}

const FIRST = Buffer.from(`retry: ${RECONNECT_AFTER_MS}\n\n`)
const GAP = Buffer.from('event: gap\ndata: {}\n\n')
