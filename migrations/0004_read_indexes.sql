-- Up Migration

-- What the API offers to find orders by. Orders of one transaction share stored_at, so that the first one is
-- small. The others are by hash, which takes texts of any length and costs half of a tree to write. None is
-- unique, so a distributed table may have them as they are.
create index orders_stored_at on orders (stored_at);
create index orders_track_number on orders using hash (track_number);
create index orders_customer_id on orders using hash (customer_id);

create index dlq_created_at on dlq (created_at);
create index dlq_key on dlq using hash (key);
create index retrying_order_uid on retrying (order_uid);
