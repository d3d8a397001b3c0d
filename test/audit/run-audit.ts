import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { AccountName } from '../../src/audit/accounts.ts'
import type { AuditReport } from '../../src/audit/report.ts'

const COMMAND = join(import.meta.dirname, '..', '..', 'src/cli/audit.ts')

export interface AuditRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command as users do, configured by nothing but `environment`. */
export function runAudit(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<AuditRun> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

/** What `--json` says, with the accounts that are off. */
export async function readAudit(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<AuditReport & { readonly code: number; readonly off: readonly AccountName[] }> {
  const { code, stdout, stderr } = await runAudit(environment, '--json', ...args)
  if (code > 1) throw new Error(`the audit ended with ${code}: ${stderr}`)
  const report = JSON.parse(stdout) as AuditReport
  const off = report.accounts.filter(({ ok }) => !ok).map(({ name }) => name)
  return { ...report, code, off }
}
