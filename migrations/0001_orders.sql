-- Up Migration

create table orders (
  order_uid text primary key,
  track_number text not null,
  entry text not null,
  locale text not null,
  internal_signature text not null,
  customer_id text not null,
  delivery_service text not null,
  shardkey text not null,
  sm_id bigint not null,
  date_created timestamptz not null,
  oof_shard text not null,
  -- one byte for the version of the canonical form, then the SHA-256 of its bytes
  content_hash bytea not null,
  stored_at timestamptz not null default now(),
  -- the record that it was stored from
  source_topic_id uuid not null,
  source_partition integer not null,
  source_offset bigint not null
);

create table delivery (
  order_uid text primary key,
  name text not null,
  phone text not null,
  zip text not null,
  city text not null,
  address text not null,
  region text not null,
  email text not null
);

create table payment (
  order_uid text primary key,
  transaction text not null,
  request_id text not null,
  currency text not null,
  provider text not null,
  amount bigint not null,
  payment_dt bigint not null,
  bank text not null,
  delivery_cost bigint not null,
  goods_total bigint not null,
  custom_fee bigint not null
);

create table items (
  order_uid text not null,
  line integer not null,
  chrt_id bigint not null,
  track_number text not null,
  price bigint not null,
  rid text not null,
  name text not null,
  sale bigint not null,
  size text not null,
  total_price bigint not null,
  nm_id bigint not null,
  brand text not null,
  status bigint not null,
  primary key (order_uid, line)
);

alter table delivery
  add constraint delivery_order_uid_fkey foreign key (order_uid) references orders (order_uid) on delete cascade;

alter table payment
  add constraint payment_order_uid_fkey foreign key (order_uid) references orders (order_uid) on delete cascade;

alter table items
  add constraint items_order_uid_fkey foreign key (order_uid) references orders (order_uid) on delete cascade;
