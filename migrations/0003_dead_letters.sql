-- Up Migration

create table dlq (
  id bigserial primary key,
  -- derived from source coordinates and digest: the same again after a restore
  entry uuid not null unique,
  topic text not null,
  source_topic_id uuid not null,
  source_partition integer not null,
  source_offset bigint not null,
  -- SHA-256 of key, value and the headers that others wrote
  digest bytea not null,
  key bytea,
  value bytea,
  -- array of [name, base64 of the value or null]; a name that is not clean text is "base64:" and its bytes
  headers jsonb not null,
  error_type text not null,
  error_message text not null,
  error_stage text not null,
  attempts integer not null,
  created_at timestamptz not null,
  last_failed_at timestamptz not null,
  archived_at timestamptz not null default now(),
  status text not null default 'open' check (status in ('open', 'replaying', 'resolved', 'discarded')),
  resolution text,
  unique (source_topic_id, source_partition, source_offset, digest)
);

create index dlq_open_created_at on dlq (created_at) where status = 'open';

-- What waits for its next attempt: for looking at, correctness never rests on it.
create table retrying (
  source_topic_id uuid not null,
  source_partition integer not null,
  source_offset bigint not null,
  topic text not null,
  order_uid text,
  retry integer not null,
  not_before timestamptz not null,
  first_failed_at timestamptz not null,
  error_type text not null,
  error_message text not null,
  updated_at timestamptz not null default now(),
  primary key (source_topic_id, source_partition, source_offset)
);

-- A dead letter that was sent again: it counts only when token and digest come back together.
create table replays (
  token uuid primary key,
  entry uuid not null references dlq (entry),
  digest bytea not null,
  status text not null check (status in ('marked', 'sent', 'applied', 'failed')),
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table audit_log (
  id bigserial primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  reason text,
  before jsonb,
  after jsonb
);
