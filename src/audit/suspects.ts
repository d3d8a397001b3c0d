import { deadLettersRole, entryId } from '../pipeline/dead-letters-role.ts'
import type { DeadLetterEntry } from '../pipeline/dead-letters-role.ts'
import type { SourceCoordinates } from '../pipeline/headers.ts'
import type { Log } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { DeadLetterIdentity, Source } from '../postgres/audit-identities.ts'
import type { ReadableRange } from './coverage.ts'
import type { Finding, Findings } from './findings.ts'
import { readRanges } from './read-records.ts'

/** Some hundred bytes each. */
const MANY = 100_000
const QUESTION_SIZE = 1_000

const ARCHIVE = deadLettersRole({ onCommitted: () => {} })

/** The row of the table dlq that a record of the dead-letter topic becomes. */
export function entryOf(record: SourceRecord, topicId: string): DeadLetterEntry {
  return ARCHIVE.prepare(record).toEntry(topicId)
}

interface Suspect {
  readonly finding: Finding
  readonly digest: Buffer
}

export interface SuspectsOptions {
  readonly log: Pick<Log, 'open' | 'range'>
  /** Of the dead letters, and of retries. */
  readonly ranges: readonly ReadableRange[]
  readonly findings: Findings
  /** Told of dead letters that no record explains. */
  readonly onDeadLetter: (finding: Finding) => void
  /** Undefined when no record was ever sent to retry. */
  readonly deadDigests: ((digests: readonly Buffer[]) => Promise<ReadonlySet<string>>) | undefined
}

/**
 * What a look at the topics of dead letters and retries can still explain: records whose dead letter was not
 * archived yet, or that were sent to retry; and dead letters whose record is not where they say, because
 * somebody else produced them.
 */
export class Suspects {
  readonly #options: SuspectsOptions
  readonly #byEntry = new Map<string, Suspect>()

  constructor(options: SuspectsOptions) {
    this.#options = options
  }

  /** Under the source and the digest that a dead letter or a retry would have that explains it. */
  add(source: SourceCoordinates, digest: Buffer, finding: Finding): void {
    this.#byEntry.set(entryId(source, digest), { finding, digest })
  }

  addDeadLetter({ topicId, partition, offset, digest }: DeadLetterIdentity): void {
    const source = { topic: '', topicId, partition, offset }
    const entry = entryId(source, digest)
    this.add(source, digest, { kind: 'dead_letter_without_record', topicId, partition, offset, entry })
  }

  /** Whether its source is a record of one of these topics itself that can be read. */
  canBeTraced({ topicId, partition, offset }: Source): boolean {
    return this.#options.ranges.some(
      (range) => range.topicId === topicId && range.partition === partition && range.from <= offset,
    )
  }

  async settleIfMany(): Promise<void> {
    if (this.#byEntry.size > MANY) await this.settle()
  }

  /** Drops those that the topics explain; the others are findings. */
  async settle(): Promise<void> {
    if (this.#byEntry.size === 0) return
    const { log, ranges, findings, onDeadLetter } = this.#options
    const all = ranges.map((range) => ({ ...range, to: range.logEnd }))
    for await (const { range, stretch } of readRanges(log, all)) {
      if (stretch.type !== 'records') continue
      for (const record of stretch.records) this.#byEntry.delete(entryOf(record, range.topicId).entry)
    }
    await this.#dropRetried()
    for (const { finding } of this.#byEntry.values()) {
      if (finding.kind === 'dead_letter_without_record') onDeadLetter(finding)
      else findings.add(finding)
    }
    this.#byEntry.clear()
  }

  /** A retry that Kafka has deleted meanwhile ended as a dead letter of another record with the same bytes. */
  async #dropRetried(): Promise<void> {
    const { deadDigests } = this.#options
    if (deadDigests === undefined) return
    const lost = [...this.#byEntry].filter(([, { finding }]) => finding.kind === 'record_without_outcome')
    for (let at = 0; at < lost.length; at += QUESTION_SIZE) {
      const part = lost.slice(at, at + QUESTION_SIZE)
      const dead = await deadDigests(part.map(([, { digest }]) => digest))
      for (const [entry, { digest }] of part)
        if (dead.has(digest.toString('hex'))) this.#byEntry.delete(entry)
    }
  }
}
