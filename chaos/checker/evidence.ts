/**
 * Everything that a run leaves behind for its judges. It comes from outside of the service: from producers,
 * readers and lookers of our own, from the topics, and from the database past every proxy. Times are ms since
 * the run began.
 */
export interface Evidence {
  /** What brokers acknowledged, in no particular order. */
  readonly acknowledged: readonly Acknowledged[]
  readonly orders: readonly StoredOrder[]
  /** Order tables' rows that belong to no order, by table. */
  readonly orphans: Readonly<Record<'delivery' | 'payment' | 'items', number>>
  readonly deadLetters: readonly ArchivedDeadLetter[]
  readonly ledger: readonly LedgerRow[]
  readonly topics: readonly TopicState[]
  readonly audit: { readonly exitCode: number; readonly output: string }
  readonly looks: readonly OffsetLook[]
  readonly reads: readonly Read[]
  readonly instances: readonly InstanceStory[]
  /** Every time at which what was committed may have been undone, or topics begun anew. */
  readonly resets: readonly Reset[]
  /** When servers, or the ways to them, were broken on purpose. */
  readonly troubles: readonly Trouble[]
  /** How long after the last fault everything was settled; undefined when it was not within the deadline. */
  readonly settledAfterMs: number | undefined
}

export interface Acknowledged {
  readonly kind: 'valid' | 'duplicate' | 'conflict' | 'invalid' | 'hostile'
  /** Of `recordDigest`: key, value and headers as produced. */
  readonly digest: string
  /** Both present exactly when the record is a valid order: its uid, and its content hash in hex. */
  readonly uid?: string
  readonly content?: string
}

export interface StoredOrder {
  readonly uid: string
  /** In hex: what the row claims, and what its parts give when they are read and hashed again. */
  readonly claimed: string
  readonly content: string | undefined
  readonly deliveries: number
  readonly payments: number
}

export interface ArchivedDeadLetter {
  readonly entry: string
  /** Of `recordDigest`: key, value and foreign headers as archived. */
  readonly digest: string
  readonly errorType: string
  readonly sourceTopicId: string
  readonly sourcePartition: number
  readonly sourceOffset: number
}

export interface LedgerRow {
  readonly group: string
  readonly topicId: string
  readonly partition: number
  readonly origin: number
  readonly next: number
  readonly stored: number
  readonly duplicates: number
  readonly retried: number
  readonly deadLettered: number
  readonly forwarded: number
  readonly archived: number
  readonly reopened: number
  readonly expired: number
  readonly absent: number
  readonly skipped: number
  readonly rewound: number
}

export interface TopicState {
  readonly role: Role
  readonly group: string
  readonly topicId: string
  /** First and next offset by partition. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
}

export type Role = 'orders' | 'retries' | 'dead-letters'

/**
 * Kafka's copy of the position, looked at first, beside the ledger's, looked at afterwards. A look that could
 * not be finished is none.
 */
export interface OffsetLook {
  readonly atMs: number
  readonly group: string
  readonly topicId: string
  readonly partition: number
  readonly committed: number
  /** Undefined when there is no row. */
  readonly next: number | undefined
}

/** One answer of the API to a reader. */
export interface Read {
  readonly atMs: number
  readonly instance: string
  readonly uid: string
  /** HTTP status; `failed` when there was no answer. */
  readonly status: number | 'failed'
  /** Of an answer of 200: the content hash of its bytes in hex, as that of what was acknowledged. */
  readonly body?: string
  /** Of an answer of 200: whether the database had the order when it was asked right afterwards, if it could be. */
  readonly stored?: boolean
}

/** One instance over all its lives. */
export interface InstanceStory {
  readonly name: string
  readonly lives: readonly InstanceLife[]
}

export interface InstanceLife {
  readonly startedAtMs: number
  /** Undefined while it runs. `how`: exit code or signal. `self`: nobody had asked it to end. */
  readonly ended?: { readonly atMs: number; readonly how: string; readonly by: 'kill' | 'drain' | 'self' }
  /** From SIGTERM to the end; undefined when it was not ready yet. */
  readonly drainMs?: number
  readonly peakResidentBytes: number
  /** The last look at its metrics: sample by name and labels as exposed; none when it never answered. */
  readonly metrics: Readonly<Record<string, number>>
}

export interface Trouble {
  readonly atMs: number
  readonly endMs: number
}

export interface Reset {
  readonly atMs: number
  readonly what: 'restored' | 'failed over' | 'topic anew'
}
