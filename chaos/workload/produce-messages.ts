import type { RecordsPlan } from './records.ts'

/** The first argument of the process, as JSON. */
export interface ProducePlan extends RecordsPlan {
  readonly brokers: string
  /** Records in a second. */
  readonly rate: number
  /** File of what was acknowledged. */
  readonly list: string
}

/** What the driver wants from now on. */
export type ToProducer = 'produce' | 'pause' | 'stop'

export type FromProducer =
  /** In the list already; `uids` of valid orders. */
  | { readonly type: 'acknowledged'; readonly records: number; readonly uids: readonly string[] }
  /** Everything that was made is acknowledged, and nothing more is made. */
  | { readonly type: 'paused' }
  /** The same, for good. */
  | { readonly type: 'stopped' }
  /** Something was not acknowledged, and is tried again. */
  | { readonly type: 'trouble'; readonly message: string }

export function tellDriver(message: FromProducer): void {
  process.send?.(message)
}

/** In the process: hears the driver, and ends when there is none any more. */
export function fromDriver(onWish: (wish: ToProducer) => void): void {
  process.on('message', (wish: ToProducer) => onWish(wish))
  process.on('disconnect', () => process.exit(0))
}
