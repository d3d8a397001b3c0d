import { readFileSync } from 'node:fs'

/** What a process has used so far. */
export interface ProcessUsage {
  /** User and system time. */
  readonly cpuMs: number
  readonly residentBytes: number
  /** The most that was ever resident. */
  readonly peakResidentBytes: number
}

/** Linux reports times in units of USER_HZ, which is 100 a second on every architecture. */
const MS_PER_TICK = 10

/** Undefined where there is no /proc, and for a process that has ended. */
export function usageOf(pid: number): ProcessUsage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    // The name, in parentheses, may hold anything; the fields behind it begin with the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
      residentBytes: bytesIn(status, 'VmRSS'),
      peakResidentBytes: bytesIn(status, 'VmHWM'),
    }
  } catch {
    return undefined
  }
}

function bytesIn(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
}
