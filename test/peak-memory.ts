import { readFile } from 'node:fs/promises'

/** The largest that a process ever was, in bytes, as its kernel saw it. */
export async function peakMemory({ pid }: { readonly pid: number }): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
