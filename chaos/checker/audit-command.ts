import { execFile } from 'node:child_process'
import { join } from 'node:path'

const COMMAND = join(import.meta.dirname, '../../src/cli/audit.ts')
const TIMEOUT_MS = 300_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

export interface AuditRun {
  /** −1 when it did not end by itself. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the audit as users do, configured by nothing but `environment`. */
export function runAudit(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<AuditRun> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment }
  const options = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}
