/** Cuts connections to PostgreSQL around a COMMIT, where its outcome is not known to the client. */
export interface CommitCutter {
  /**
   * The next `times` COMMITs of clients end their connections, `before` they reach the server or `after` it has
   * carried them out. Resolves with how many did when all have, or when it is called again or cleared.
   */
  arm(when: 'before' | 'after', times: number): Promise<number>
  clear(): void
  /** Sees what one connection carries. */
  watch(): CommitWatch
}

export interface CommitWatch {
  fromClient(chunk: Buffer): 'pass' | 'break'
  fromServer(): 'pass' | 'break'
  closed(): void
}

/** A simple query of that text, as the driver sends it: type, length and text with its NUL, in one piece. */
const COMMIT = /Q\0\0\0[\s\S]\s*commit\s*;?\s*\0/i
/** Longer than such a query: what of it may have come in the chunk before. */
const KEPT_CHARS = 20

/** One call of `arm`. */
interface Order {
  readonly when: 'before' | 'after'
  readonly times: number
  /** COMMITs that were not met yet. */
  left: number
  cut: number
  readonly finished: PromiseWithResolvers<number>
}

export function commitCutter(): CommitCutter {
  let order: Order | undefined

  const clear = (): void => {
    order?.finished.resolve(order.cut)
    order = undefined
  }

  const count = (done: Order): void => {
    done.cut++
    if (done.cut === done.times) clear()
  }

  return {
    arm: (when, times) => {
      clear()
      const given = { when, times, left: times, cut: 0, finished: Promise.withResolvers<number>() }
      if (times === 0) given.finished.resolve(0)
      else order = given
      return given.finished.promise
    },
    clear,
    watch: () => {
      let rest = ''
      /** Whose COMMIT was passed on, and is not answered yet. */
      let passed: Order | undefined
      return {
        fromClient: (chunk) => {
          const text = order === undefined ? '' : rest + chunk.toString('latin1')
          rest = text.slice(-KEPT_CHARS)
          if (order === undefined || order.left === 0 || !COMMIT.test(text)) return 'pass'
          rest = ''
          order.left--
          if (order.when === 'after') passed = order
          else count(order)
          return passed === undefined ? 'break' : 'pass'
        },
        fromServer: () => {
          // The answer to the COMMIT: nothing else is under way on a connection that waits for it.
          const answered = passed
          passed = undefined
          if (answered === undefined || answered !== order) return 'pass'
          count(answered)
          return 'break'
        },
        closed: () => {
          // It ended for another reason, so this was not the COMMIT that was wanted.
          if (passed !== undefined) passed.left++
          passed = undefined
        },
      }
    },
  }
}
