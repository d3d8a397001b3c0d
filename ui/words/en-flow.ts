import { plural } from '../format/plural.ts'

const LANGUAGE = 'en'
const records = (count: number): string => plural(LANGUAGE, count, { one: 'record', other: 'records' })

/** Texts of the flow. */
export const enFlow = {
  flow: {
    title: 'Flow',
    unaccounted: (n: number) => `${records(n)} unaccounted`,
    balanced: (count: string, n: number) => `${count} ${records(n)} read, and each has its place.`,
    unbalanced:
      'The ledger does not know what became of them. Run the audit, and keep the topics from expiring.',
    noBooks: 'The ledger can’t be read just now',
    waitingForBooks: 'Opening the books',
    expired: (count: string, n: number) =>
      `${count} ${records(n)} expired: Kafka deleted ${plural(LANGUAGE, n, { one: 'it', other: 'them' })} before anybody read ${plural(LANGUAGE, n, { one: 'it', other: 'them' })}.`,
    storedRate: 'Stored each second',
    lag: 'Behind',
    lagUnit: records,
    deadLetters: 'Open dead letters',
    total: (count: string) => `${count} in all`,
    since: 'In all: since this instance started.',
    pause: 'Pause',
    resume: 'Go on',
    paused: (time: string) => `Paused: numbers of ${time}`,
    live: 'Live',
    connecting: 'Connecting…',
    lost: (duration: string) => `Connection lost ${duration} ago. The numbers are from then; trying again.`,
    notReady: 'Not ready: the service can’t do its work just now.',
    held: (n: number, count: string) =>
      `${count} ${plural(LANGUAGE, n, { one: 'partition stands', other: 'partitions stand' })} still`,
    heldWhy: 'Nothing is lost: the records wait in Kafka.',
    keptFor: (duration: string) => `Kafka keeps them for ${duration} more.`,
  },

  journey: {
    title: 'A record’s journey',
    description: 'From the topic through the gate into the database, and what leaves it on the way.',
    read: 'Read from Kafka',
    waiting: 'Waiting',
    gate: { open: 'Gate open', partly: 'Gate partly shut', shut: 'Gate shut', unknown: 'Gate' },
    heldOf: (held: string, all: string) => `${held} of ${all} held`,
    duplicates: 'Duplicates',
    duplicatesWhat: 'known already',
    stored: 'Stored in PostgreSQL',
    retries: 'Retrying',
    waitingNow: (count: string) => `${count} waiting`,
    deadLetters: 'Dead letters',
    open: (count: string) => `${count} open`,
    what: 'What',
    perSecond: 'Per second',
    inAll: 'In all',
  },

  plot: {
    title: 'Stored each second',
    description: (now: string, top: string) => `Now ${now} a second; the most in this time was ${top}.`,
    minutes: (n: number) => `${n} min`,
    span: 'Time shown',
    now: 'now',
    ago: (duration: string) => `${duration} ago`,
    stored: 'stored',
    failed: 'dead letters',
    empty: 'The line begins when the page is opened.',
    latency: 'From produced to stored',
    half: (time: string) => `Half within ${time}`,
    nearlyAll: (time: string) => `99 of 100 within ${time}`,
    halfBeyond: (time: string) => `Half took more than ${time}`,
    someBeyond: (time: string) => `more than 1 of 100 took over ${time}`,
    nothingStored: 'Nothing was stored since the page was opened.',
  },

  failures: {
    title: 'Failures',
    none: 'No record has failed since this instance started.',
    type: 'Type',
    count: 'Records',
    last: 'Last',
    types: {
      empty_value: 'Empty value',
      too_large: 'Too large',
      malformed_utf8: 'Not UTF-8',
      malformed_json: 'Not JSON',
      invalid_order: 'Breaks a rule of orders',
      conflict: 'Other content under a stored uid',
      rejected_by_database: 'Refused by the database',
      retries_exhausted: 'Retries used up',
      serialization_conflict: 'Met another transaction',
      timeout: 'Took too long',
      unclassified: 'Not known before',
    },
  },

  deadLetters: {
    title: 'Newest dead letters',
    when: 'Failed',
    key: 'Key of the record',
    why: 'Why',
    record: 'Record',
    noKey: 'none that is text',
    fresh: (count: string) => `${count} new ↑`,
  },

  parts: {
    title: 'Partitions',
    partition: 'Partition',
    state: 'State',
    next: 'Next offset',
    behind: 'Behind',
    flowing: 'flows',
    heldState: 'held',
    resumingState: 'resumes',
    none: 'This instance reads no partitions.',
    reasons: {
      database_unreachable: 'the database is away',
      database_busy: 'the database is busy',
      database_refuses: 'the database fails at its own work: somebody has to look',
      schema_mismatch: 'a table or a column is not as expected: somebody has to look',
      access_denied: 'a right is missing: somebody has to grant it',
      failure_flood: 'the database refuses everything: somebody has to look',
      broker_unreachable: 'Kafka is away',
      log_diverged: 'the log was cut: somebody has to decide',
      topic_missing: 'the topic is missing',
      unreadable: 'its records can’t be read: somebody has to decide',
      unclassified: 'an error that was not known before',
    },
  },

  circuits: {
    title: 'Connections',
    database: 'PostgreSQL',
    kafka: 'Kafka',
    closed: 'in reach',
    open: 'away',
    openWhy: (what: string) =>
      `${what} is away. Everything waits, nothing is lost, and it goes on by itself.`,
  },

  cache: {
    title: 'Cache',
    off: 'The cache is off.',
    filled: (bytes: string, max: string) => `${bytes} of ${max}`,
    entries: (count: string, n: number) =>
      `${count} ${plural(LANGUAGE, n, { one: 'order', other: 'orders' })}`,
    hits: 'Answered from it',
    evictions: 'Made room for others',
    warmUp: (loaded: string) => `Warming up: ${loaded} loaded`,
    noReads: 'nobody asked yet',
  },
}
