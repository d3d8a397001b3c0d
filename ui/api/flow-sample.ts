/** What the service tells about itself once a second. Counters are of this process since it started. */
export interface FlowSample {
  readonly at: string
  readonly instance: string
  readonly version: string
  readonly ready: boolean
  readonly counters: Counters
  readonly latency: readonly LatencyBucket[]
  /** Of the whole group, from the ledger; null while the database can't be asked. */
  readonly books: Books | null
  /** `headroom_seconds`: until Kafka may delete a record that waits; null when none waits or age deletes none. */
  readonly lag: {
    readonly records: number
    readonly seconds: number
    readonly headroom_seconds: number | null
  }
  readonly partitions: readonly Partition[]
  readonly circuits: Readonly<Record<string, Circuit>>
  readonly cache: Cache
  readonly failures: readonly FailureCount[]
}

export interface Counters {
  readonly stored: number
  readonly duplicates: number
  readonly retried: number
  readonly dead_lettered: number
  readonly forwarded: number
  readonly archived: number
  readonly expired: number
}

/** So many orders were stored within that time after they were produced; without a bound, all of them. */
export interface LatencyBucket {
  readonly seconds: number | null
  readonly count: number
}

export interface Books {
  readonly records: number
  readonly unaccounted: number
  readonly open_dead_letters: number
  readonly retrying: number
  readonly expired: number
}

export interface Partition {
  readonly role: string
  readonly topic: string
  readonly partition: number
  readonly state: string
  readonly reason: string | null
  readonly next_offset: number
  readonly log_end: number
  readonly lag: number
}

export type Circuit = 'closed' | 'open'

export interface Cache {
  readonly max_bytes: number
  readonly bytes: number
  readonly entries: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly warm_up: { readonly state: string; readonly loaded: number }
}

export interface FailureCount {
  readonly type: string
  readonly count: number
  readonly last_at: string
}
