import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'
import { classifyError } from './classify.ts'
import { holdReasonOf, type HoldReason } from './failure.ts'

export type Dependency = 'database' | 'kafka'

/** Who is asked whether a reason to hold is an outage; reasons that nobody can be asked about have none. */
export const DEPENDENCY_OF: Readonly<Record<HoldReason, Dependency | undefined>> = {
  database_unreachable: 'database',
  database_busy: 'database',
  database_refuses: 'database',
  schema_mismatch: 'database',
  access_denied: 'database',
  failure_flood: 'database',
  broker_unreachable: 'kafka',
  log_diverged: undefined,
  topic_missing: undefined,
  unreadable: undefined,
  unclassified: undefined,
}

export interface CircuitOptions {
  /** Uses the dependency as the work does, on a fresh connection; rejects with what is wrong with it. */
  readonly probe: () => Promise<void>
  readonly random: () => number
  readonly opened: (reason: HoldReason, error: unknown) => void
  readonly closed: (openForMs: number) => void
}

const PROBE_BASE_MS = 500
const PROBE_CAP_MS = 15_000

/**
 * One dependency as all partitions of this process see it. It opens on the first outage that a probe
 * confirms, so that one broken socket does not, and goes on probing alone until it may close: a dead server
 * is asked once, not once for each partition.
 */
export class Circuit {
  readonly #options: CircuitOptions
  readonly #stop = new AbortController()
  #asking: Promise<HoldReason | undefined> | undefined
  #closing: PromiseWithResolvers<void> | undefined
  #reason: HoldReason = 'unclassified'

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  /** Why everybody has to hold; undefined when the dependency is well, and what failed may be done again. */
  async confirm(): Promise<HoldReason | undefined> {
    if (this.#closing !== undefined) return this.#reason
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return await this.#asking
  }

  /** Resolves when the dependency answered a probe, or when the signal says that nobody waits any more. */
  async closed(signal: AbortSignal): Promise<void> {
    if (this.#closing === undefined || signal.aborted) return
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([this.#closing.promise, aborted])
    resolve()
  }

  /** Ends the probing; nobody may wait any more. */
  stop(): void {
    this.#stop.abort()
  }

  async #ask(): Promise<HoldReason | undefined> {
    try {
      await this.#options.probe()
      return undefined
    } catch (error) {
      this.#reason = reasonOfProbe(error)
      this.#options.opened(this.#reason, error)
      void this.#probeUntilWell()
      return this.#reason
    }
  }

  async #probeUntilWell(): Promise<void> {
    const closing = Promise.withResolvers<void>()
    this.#closing = closing
    const { probe, random, closed } = this.#options
    const { signal } = this.#stop
    const openedAtMs = performance.now()
    for (let attempt = 1, well = false; !well && !signal.aborted; attempt++) {
      await sleep(backoffMs(attempt, PROBE_BASE_MS, PROBE_CAP_MS, random), undefined, { signal }).catch(
        () => {},
      )
      well = !signal.aborted && (await isWell(probe))
    }
    this.#closing = undefined
    closing.resolve()
    if (!signal.aborted) closed(performance.now() - openedAtMs)
  }
}

async function isWell(probe: () => Promise<void>): Promise<boolean> {
  return await probe().then(
    () => true,
    () => false,
  )
}

/** A probe that is refused for its content has none that could be at fault. */
export function reasonOfProbe(error: unknown): HoldReason {
  const failure = classifyError(error)
  return failure.kind === 'permanent' ? 'failure_flood' : holdReasonOf(failure)
}
