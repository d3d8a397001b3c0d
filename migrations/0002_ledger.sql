-- Up Migration

-- What became of every offset of a partition, per consumer group and topic id. It moves in the same
-- transaction as the data, and it alone says where to read on.
create table ledger (
  consumer_group text not null,
  topic_id uuid not null,
  partition integer not null,
  topic text not null,
  origin bigint not null,
  next_offset bigint not null,
  stored bigint not null default 0,
  duplicates bigint not null default 0,
  retried bigint not null default 0,
  dead_lettered bigint not null default 0,
  forwarded bigint not null default 0,
  archived bigint not null default 0,
  reopened bigint not null default 0,
  -- deleted by retention before they were read: lost
  expired bigint not null default 0,
  -- offsets that never held a record of ours: transaction markers, compaction
  absent bigint not null default 0,
  -- passed over by an operator
  skipped bigint not null default 0,
  -- read again on purpose
  rewound bigint not null default 0,
  -- of expired: looked at by an operator, with a reason in the audit log
  expired_acknowledged bigint not null default 0,
  -- the record at next_offset - 1, to notice a log that was cut and grew again
  last_leader_epoch integer,
  last_timestamp_ms bigint,
  -- log end when the row was last written
  seen_end bigint not null,
  -- retries already forwarded ahead of next_offset
  forwarded_ahead int8multirange not null default '{}',
  version bigint not null default 0,
  written_by text not null default '',
  updated_at timestamptz not null default now(),
  primary key (consumer_group, topic_id, partition),
  constraint ledger_balances check (
    next_offset - origin
    = stored + duplicates + retried + dead_lettered + forwarded + archived + reopened
      + expired + absent + skipped - rewound
  )
);
