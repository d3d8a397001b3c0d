export type FindingKind =
  | 'record_without_outcome'
  | 'order_without_record'
  | 'order_differs_from_record'
  | 'order_altered'
  | 'dead_letter_not_archived'
  | 'dead_letter_altered'
  | 'dead_letter_without_record'
  | 'unreadable'

/** One record or row that is not as it must be. */
export interface Finding {
  readonly kind: FindingKind
  /** Where in Kafka, as far as it is known by name. */
  readonly topic?: string
  readonly topicId?: string
  readonly partition?: number
  readonly offset?: number
  readonly uid?: string
  /** Of the table dlq. */
  readonly entry?: string
  readonly detail?: string
}

export const MAX_FINDINGS = 1_000

/** What was found; the first thousand are kept, all are counted. */
export class Findings {
  readonly list: Finding[] = []
  count = 0

  add(finding: Finding): void {
    this.count++
    if (this.list.length < MAX_FINDINGS) this.list.push(finding)
  }
}
