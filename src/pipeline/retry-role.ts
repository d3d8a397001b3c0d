import { RetryPartition } from './retry-partition.ts'
import type { RetryPartitionOptions } from './retry-options.ts'
import { runPartitions, type PartitionsOptions, type RunningRole } from './role.ts'
import type { WaitingFigures } from './waiting-records.ts'

export interface RetryRoleOptions
  extends Omit<RetryPartitionOptions, 'partition' | 'limits'>, Omit<PartitionsOptions, 'ledger'> {}

export interface RunningRetries extends RunningRole {
  /** What waits on this instance. */
  readonly waiting: () => WaitingFigures
}

/** Sends records of the retry topic on their way when they are due. */
export function startRetryRole(options: RetryRoleOptions): RunningRetries {
  const partitions = new Set<RetryPartition>()
  const role = runPartitions(options, (partition, limits) => {
    const worker = new RetryPartition({ ...options, partition, limits })
    partitions.add(worker)
    return {
      get status() {
        return worker.status
      },
      resume: () => worker.resume(),
      stop: () => worker.stop().finally(() => partitions.delete(worker)),
    }
  })
  return {
    ...role,
    waiting: () => {
      const figures = [...partitions].map(({ waiting }) => waiting)
      const sum = (key: keyof WaitingFigures): number => figures.reduce((total, each) => total + each[key], 0)
      return { records: sum('records'), bytes: sum('bytes'), notHeld: sum('notHeld') }
    },
  }
}
