import { Type, type Static } from 'typebox'
import { Count, Instant } from './shared.ts'

const LedgerRow = Type.Object({
  consumer_group: Type.String(),
  topic: Type.String(),
  topic_id: Type.String({ format: 'uuid' }),
  partition: Count('Partition'),
  origin: Count('Where the books of this partition begin'),
  next_offset: Count('Everything before has been settled'),
  seen_end: Count('End of the log when this row was last written'),
  lag: Count('`seen_end` less `next_offset`'),
  stored: Count('Orders stored'),
  duplicates: Count('Known already'),
  retried: Count('Sent to retry'),
  dead_lettered: Count('Sent to the dead letters'),
  forwarded: Count('Sent back from retry'),
  archived: Count('Dead letters archived'),
  reopened: Count('Dead letters that failed again'),
  expired: Count('Deleted by Kafka before they were read: loss'),
  absent: Count('Offsets that never held a record'),
  skipped: Count('Passed over by an operator'),
  rewound: Count('Read again by an operator'),
  unaccounted: Type.Integer({ description: 'Offsets without a disposition; anything but 0 is a bug' }),
  updated_at: Instant('When this row was last written'),
})

export const Ledger = Type.Object(
  {
    items: Type.Array(LedgerRow),
    unaccounted: Type.Integer({ description: 'Of all rows; anything but 0 is a bug' }),
  },
  { $id: 'Ledger' },
)
export type Ledger = Static<typeof Ledger>
