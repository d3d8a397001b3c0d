import { backoffMs } from './backoff.ts'
import type { BatchLimits } from './batch.ts'
import { DEPENDENCY_OF } from './circuit.ts'
import { classifyError } from './classify.ts'
import { holdReasonOf, type HoldReason } from './failure.ts'
import { seeOffsets } from './lag.ts'
import type { LedgerKey } from './ledger.ts'
import type { PartitionStatus } from './partition-events.ts'
import type { PartitionOptions } from './partition-options.ts'

type Options = Pick<
  PartitionOptions<never, never, never>,
  'circuits' | 'events' | 'random' | 'consumerGroup' | 'topic' | 'partition'
>

const HOLD_BASE_MS = 500
const HOLD_CAP_MS = 15_000
const AGAIN_WITHIN_MS = 100
/** After an error, batches grow by this from one record on, so that what caused it is met by little. */
const RAMP = 10
/** A batch that takes longer to write is too large for the database as it is now. */
const SLOW_BATCH_MS = 4_000

/** How one partition stands still after an error, and how it begins again. */
export class Holding {
  readonly #options: Options
  readonly #status: PartitionStatus
  readonly #signal: AbortSignal
  #holds = 0
  #triedAgain = false
  #maxRecords = Infinity

  constructor(options: Options, status: PartitionStatus, signal: AbortSignal) {
    this.#options = options
    this.#status = status
    this.#signal = signal
  }

  /** Waits for an outage to end. Resolves to how long to pause then, before the ledger is read again. */
  async after(error: unknown): Promise<number> {
    const { circuits, random } = this.#options
    const reason = holdReasonOf(classifyError(error))
    const dependency = DEPENDENCY_OF[reason]
    if (dependency !== undefined) {
      const outage = await circuits[dependency].confirm()
      if (outage !== undefined) {
        this.#hold(outage, error, undefined)
        await circuits[dependency].closed(this.#signal)
        return 0
      }
      // Whoever answers a probe may have broken one connection: once is no reason to hold.
      if (!this.#triedAgain) {
        this.#triedAgain = true
        this.#maxRecords = 1
        return AGAIN_WITHIN_MS * random()
      }
    }
    const pauseMs = backoffMs(++this.#holds, HOLD_BASE_MS, HOLD_CAP_MS, random)
    this.#hold(reason, error, pauseMs)
    return pauseMs
  }

  /**
   * How the partition stands by the books. `proven` ends a hold: an answer of the database alone says nothing
   * about Kafka.
   */
  show(
    { key, nextOffset }: { readonly key: LedgerKey; readonly nextOffset: number },
    logEnd: number,
    proven: boolean,
  ): void {
    const status = this.#status
    seeOffsets(status, { topicId: key.topicId, nextOffset, logEnd }, Date.now())
    if (proven) this.#proven()
    else if (status.state === 'held') return
    if (status.state !== 'flowing') this.#options.events.flowing(key, nextOffset)
    Object.assign(status, { state: 'flowing', reason: undefined, detail: '' })
  }

  limited(limits: BatchLimits): BatchLimits {
    return { ...limits, maxRecords: Math.min(limits.maxRecords, this.#maxRecords) }
  }

  /** A batch went through. */
  settled(records: number, tookMs: number): void {
    const slow = tookMs > SLOW_BATCH_MS
    this.#maxRecords = slow ? Math.max(1, Math.ceil(records / RAMP)) : this.#maxRecords * RAMP
  }

  /** The dependencies did all that the partition needs of them. */
  #proven(): void {
    this.#holds = 0
    this.#triedAgain = false
  }

  #hold(reason: HoldReason, error: unknown, retryInMs: number | undefined): void {
    const { message } = classifyError(error)
    Object.assign(this.#status, { state: 'held', reason, detail: message })
    this.#maxRecords = 1
    this.#options.events.held(this.#options, reason, error, retryInMs)
  }
}
