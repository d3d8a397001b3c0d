import { Type, type Static } from 'typebox'
import { Count, Instant, nullable } from './shared.ts'

const Circuit = Type.Union([Type.Literal('closed'), Type.Literal('open')], {
  description: 'open: it is held to be away, and nothing is tried but probes',
})

const Counters = Type.Object(
  {
    stored: Count('Orders stored'),
    duplicates: Count('Known already'),
    retried: Count('Sent to retry'),
    dead_lettered: Count('Sent to the dead letters'),
    forwarded: Count('Sent back from retry'),
    archived: Count('Dead letters archived'),
    expired: Count('Deleted by Kafka before they were read: loss'),
  },
  { description: 'Of this instance since it started, the same as its /metrics' },
)

const Latency = Type.Array(
  Type.Object({
    seconds: nullable(Type.Number({ minimum: 0, description: 'null: however long it took' })),
    count: Count('Orders that were stored within it, since the start'),
  }),
  {
    description:
      'From the timestamp of a record to the commit that stored it: the buckets of ' +
      'orders_produce_to_stored_seconds, each with all that are in those before it',
  },
)

const Books = Type.Object(
  {
    records: Count('Records that have a disposition'),
    unaccounted: Type.Integer({ description: 'Offsets without a disposition; anything but 0 is a bug' }),
    open_dead_letters: Count('That nobody settled yet'),
    retrying: Count('Records that wait for their next attempt'),
    expired: Count('Lost to retention, and not acknowledged by an operator'),
  },
  { description: 'Of the whole system, from the database' },
)

const Partition = Type.Object({
  role: Type.Union([Type.Literal('orders'), Type.Literal('retries'), Type.Literal('dead-letters')]),
  topic: Type.String(),
  partition: Count('Partition'),
  state: Type.Union([Type.Literal('resuming'), Type.Literal('flowing'), Type.Literal('held')]),
  reason: nullable(Type.String({ description: 'Why it is held' })),
  next_offset: Count('Everything before is durable'),
  log_end: Count('End of the log, as last seen'),
  lag: Count('Records that wait'),
})

const Cache = Type.Object({
  max_bytes: Count('0: there is no cache'),
  bytes: Count('In use, keys and overhead counted'),
  entries: Count('Orders in it'),
  hits: Count('Since the start'),
  misses: Count('Since the start'),
  evictions: Count('Since the start'),
  warm_up: Type.Object({
    state: Type.Union([Type.Literal('off'), Type.Literal('running'), Type.Literal('done')]),
    loaded: Count('Orders read so far'),
  }),
})

export const Flow = Type.Object(
  {
    at: Instant('When this was taken'),
    instance: Type.String(),
    version: Type.String(),
    ready: Type.Boolean(),
    counters: Counters,
    latency: Latency,
    books: nullable(Books),
    lag: Type.Object({
      records: Count('Over the partitions of this instance'),
      seconds: Type.Number({ minimum: 0, description: 'Of the partition that is furthest behind' }),
      headroom_seconds: nullable(
        Type.Number({
          minimum: 0,
          description:
            'Until Kafka may delete a record that waits, at least; null when none waits or age deletes none',
        }),
      ),
    }),
    partitions: Type.Array(Partition),
    circuits: Type.Object({ database: Circuit, kafka: Circuit }),
    cache: Cache,
    failures: Type.Array(
      Type.Object({
        type: Type.String(),
        count: Count('Since the start'),
        last_at: Instant('When it came last'),
      }),
      {
        description:
          'Records that failed on this instance by type, the latest first: dead letters, and each retry',
      },
    ),
  },
  { $id: 'Flow' },
)
export type Flow = Static<typeof Flow>

export const FlowEvents = Type.String({
  description:
    'Events of type `flow`, one a second, each with a Flow as data and an id. `gap` says that some were left ' +
    'out because the client was too slow, or that its Last-Event-ID is not known any more. A comment every 15 s ' +
    'keeps the connection open.',
})
