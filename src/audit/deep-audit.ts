import type { Log } from '../pipeline/log.ts'
import type { AuditSnapshot, SkippedRange } from '../postgres/audit-database.ts'
import type { Account } from './accounts.ts'
import { checkArchive, checkDeadLetterTopic } from './check-dead-letters.ts'
import { checkOrders } from './check-orders.ts'
import { checkRecords } from './check-records.ts'
import { checkRetryTopic } from './check-retries.ts'
import { hasLostDeadLetters, readableRanges } from './coverage.ts'
import { Findings, type Finding } from './findings.ts'
import { ROLES, type Reading } from './reading.ts'
import { Suspects } from './suspects.ts'

/** What the parts of one deep audit share. */
export interface DeepAudit {
  readonly log: Pick<Log, 'open' | 'range'>
  readonly snapshot: AuditSnapshot
  readonly reading: Reading
  readonly findings: Findings
  readonly suspects: Suspects
  readonly skipped: readonly SkippedRange[]
  readonly counts: { records: number; orders: number; deadLetters: number }
  readonly notVerifiable: { orders: number; deadLetters: number; otherVersions: number }
  /** Told of every record and row that is done. */
  readonly advance: (units: number) => void
  /** Aborted when another part failed. */
  readonly signal: AbortSignal
}

export interface Identities {
  readonly account: Account
  /** The first thousand. */
  readonly findings: readonly Finding[]
  readonly findingCount: number
  /** Records of `orders` that were read, orders and dead letters whose content was hashed again. */
  readonly checked: { readonly records: number; readonly orders: number; readonly deadLetters: number }
  /**
   * Rows whose record Kafka no longer has, and orders whose content hash is of another version of the
   * canonical form.
   */
  readonly notVerifiable: {
    readonly orders: number
    readonly deadLetters: number
    readonly otherVersions: number
  }
}

/** Records and rows that a deep audit goes through. */
export function deepAuditUnits(reading: Reading): number {
  const ranges = ROLES.flatMap((role) => readableRanges(reading, role))
  const records = ranges.reduce((count, { from, to }) => count + to - from, 0)
  return records + reading.orders + reading.deadLetters
}

/**
 * Compares identities instead of sums: every settled record with its outcome, every row with its record,
 * and the content of every row with its hash. Memory does not grow with the number of records. Throws when
 * Kafka or the database can't be asked to the end.
 */
export async function checkIdentities(
  log: Pick<Log, 'open' | 'range'>,
  snapshot: AuditSnapshot,
  reading: Reading,
  advance: (units: number) => void,
): Promise<Identities> {
  const findings = new Findings()
  const notVerifiable = { orders: 0, deadLetters: 0, otherVersions: 0 }
  const counts = { records: 0, orders: 0, deadLetters: 0 }
  const traceable = !hasLostDeadLetters(reading)
  const retried = reading.ledger.some(({ counts: { retried: sent } }) => sent > 0)
  const suspects = new Suspects({
    log,
    ranges: [...readableRanges(reading, 'dead-letters'), ...readableRanges(reading, 'retries')],
    findings,
    onDeadLetter: (finding) => {
      if (traceable) findings.add(finding)
      else notVerifiable.deadLetters++
    },
    deadDigests: retried ? (digests) => snapshot.deadDigests(digests) : undefined,
  })
  const failed = new AbortController()
  const { signal } = failed
  const skipped = await snapshot.skippedRanges()
  const audit = {
    log,
    snapshot,
    reading,
    findings,
    suspects,
    skipped,
    counts,
    notVerifiable,
    advance,
    signal,
  }
  await using beside = await snapshot.alongside()
  const parts = [
    async () => {
      await checkRecords(audit)
      await checkRetryTopic(audit)
      await checkDeadLetterTopic(audit)
      await suspects.settle()
    },
    async () => {
      await checkOrders(audit, beside)
      await checkArchive(audit, beside)
    },
  ]
  await Promise.all(
    parts.map((part) =>
      part().catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    ),
  )
  return {
    account: identitiesAccount(findings),
    findings: findings.list,
    findingCount: findings.count,
    checked: counts,
    notVerifiable,
  }
}

function identitiesAccount({ count }: Findings): Account {
  return {
    name: 'identities',
    ok: count === 0,
    expected: 0,
    actual: count,
    explanation: 'records and rows that are not as they must be, one by one',
    advice: count === 0 ? undefined : 'they are listed below; see docs/OPERATIONS.md, "The audit found"',
  }
}
