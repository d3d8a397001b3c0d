import { runAudit } from '../../chaos/checker/audit-command.ts'
import type { AccountName } from '../../src/audit/accounts.ts'
import type { AuditReport } from '../../src/audit/report.ts'

export { runAudit } from '../../chaos/checker/audit-command.ts'

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
