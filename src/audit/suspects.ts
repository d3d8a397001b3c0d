import { deadLettersRole, entryId } from '../pipeline/dead-letters-role.ts'
import type { DeadLetterEntry } from '../pipeline/dead-letters-role.ts'
import type { Log } from '../pipeline/log.ts'
import type { SourceRecord } from '../pipeline/record.ts'
import type { DeadLetterIdentity, Source } from '../postgres/audit-identities.ts'
import type { ReadableRange } from './coverage.ts'
import type { Finding, Findings } from './findings.ts'
import { readRanges } from './read-records.ts'

/** Some hundred bytes each. */
const MANY = 100_000

const ARCHIVE = deadLettersRole({ onCommitted: () => {} })

/** The row of the table dlq that a record of the dead-letter topic becomes. */
export function entryOf(record: SourceRecord, topicId: string): DeadLetterEntry {
  return ARCHIVE.prepare(record).toEntry(topicId)
}

/**
 * What a look at the dead-letter topic can still explain: records whose dead letter was not archived yet,
 * and dead letters whose record is not where they say, because somebody else produced them.
 */
export class Suspects {
  readonly #log: Pick<Log, 'open' | 'range'>
  readonly #topic: readonly ReadableRange[]
  readonly #findings: Findings
  readonly #deadLetterWithoutRecord: (finding: Finding) => void
  readonly #byEntry = new Map<string, Finding>()

  /** `onDeadLetter` is told of dead letters that no record of `topic` explains. */
  constructor(
    log: Pick<Log, 'open' | 'range'>,
    topic: readonly ReadableRange[],
    findings: Findings,
    onDeadLetter: (finding: Finding) => void,
  ) {
    this.#log = log
    this.#topic = topic
    this.#findings = findings
    this.#deadLetterWithoutRecord = onDeadLetter
  }

  /** `entry` is what the dead letter would have that explains it. */
  add(entry: string, finding: Finding): void {
    this.#byEntry.set(entry, finding)
  }

  addDeadLetter({ topicId, partition, offset, digest }: DeadLetterIdentity): void {
    const entry = entryId({ topic: '', topicId, partition, offset }, digest)
    this.add(entry, { kind: 'dead_letter_without_record', topicId, partition, offset, entry })
  }

  /** Whether its source is a record of the dead-letter topic itself that can be read. */
  canBeTraced({ topicId, partition, offset }: Source): boolean {
    return this.#topic.some(
      (range) => range.topicId === topicId && range.partition === partition && range.from <= offset,
    )
  }

  async settleIfMany(): Promise<void> {
    if (this.#byEntry.size > MANY) await this.settle()
  }

  /** Drops those that the dead-letter topic explains; the others are findings. */
  async settle(): Promise<void> {
    if (this.#byEntry.size === 0) return
    const all = this.#topic.map((range) => ({ ...range, to: range.logEnd }))
    for await (const { range, stretch } of readRanges(this.#log, all)) {
      if (stretch.type !== 'records') continue
      for (const record of stretch.records) this.#byEntry.delete(entryOf(record, range.topicId).entry)
    }
    for (const finding of this.#byEntry.values()) {
      if (finding.kind === 'dead_letter_without_record') this.#deadLetterWithoutRecord(finding)
      else this.#findings.add(finding)
    }
    this.#byEntry.clear()
  }
}
