import { Type, type Static } from 'typebox'
import { CLOSED, Count, Instant, Next, nullable, Paging, Uid } from './shared.ts'

const Text = Type.String()
const Whole = Type.Integer({ minimum: 0 })

/** What an order looks like; it is returned as bytes, so nothing is made by this schema. */
export const Order = Type.Object(
  {
    order_uid: Uid,
    track_number: Text,
    entry: Text,
    delivery: Type.Object({
      name: Text,
      phone: Text,
      zip: Text,
      city: Text,
      address: Text,
      region: Text,
      email: Text,
    }),
    payment: Type.Object({
      transaction: Text,
      request_id: Text,
      currency: Text,
      provider: Text,
      amount: Whole,
      payment_dt: Type.Integer({ minimum: 0, description: 'Seconds since 1970' }),
      bank: Text,
      delivery_cost: Whole,
      goods_total: Whole,
      custom_fee: Whole,
    }),
    items: Type.Array(
      Type.Object({
        chrt_id: Whole,
        track_number: Text,
        price: Whole,
        rid: Text,
        name: Text,
        sale: Type.Integer({ minimum: 0, description: 'Percent' }),
        size: Text,
        total_price: Whole,
        nm_id: Whole,
        brand: Text,
        status: Whole,
      }),
    ),
    locale: Text,
    internal_signature: Text,
    customer_id: Text,
    delivery_service: Text,
    shardkey: Text,
    sm_id: Whole,
    date_created: Instant('UTC'),
    oof_shard: Text,
  },
  { $id: 'Order' },
)

/** No stored text holds U+0000, and PostgreSQL takes none that does. */
const SearchText = Type.String({ minLength: 1, maxLength: 1_000, pattern: '^[^\\u0000]*$' })

export const OrdersQuery = Type.Object(
  {
    uid: Type.Optional(Uid),
    track_number: Type.Optional(SearchText),
    customer_id: Type.Optional(SearchText),
    from: Type.Optional(Instant('Stored at this instant or later')),
    to: Type.Optional(Instant('Stored before this instant')),
    ...Paging,
  },
  CLOSED,
)
export type OrdersQuery = Static<typeof OrdersQuery>

/** One line of a list: nothing in it is about a person. */
export const OrderSummary = Type.Object(
  {
    order_uid: Type.String(),
    track_number: Type.String(),
    customer_id: Type.String(),
    delivery_service: Type.String(),
    date_created: Instant('When the order was made, as it says itself'),
    stored_at: Instant('When it was stored here; lists are ordered by this'),
    amount: Whole,
    currency: Type.String(),
    items_count: Whole,
  },
  { $id: 'OrderSummary' },
)
export type OrderSummary = Static<typeof OrderSummary>

export const OrderList = Type.Object(
  { items: Type.Array(Type.Ref('OrderSummary#')), next: Next },
  { $id: 'OrderList' },
)

const Stored = Type.Object({
  stored_at: Instant('When it was stored'),
  source: Type.Object(
    {
      topic_id: Type.String({ format: 'uuid' }),
      partition: Count('Partition of the record'),
      offset: Count('Offset of the record'),
    },
    { description: 'The record that it was stored from' },
  ),
  cached: Type.Boolean({ description: 'Whether this instance has it in memory' }),
})

export const Retrying = Type.Object(
  {
    topic: Type.String(),
    partition: Count('Partition of the record that failed'),
    offset: Count('Offset of the record that failed'),
    order_uid: nullable(Type.String()),
    retry: Count('Which retry this will be'),
    retry_max: Count('After so many it becomes a dead letter'),
    not_before: Instant('When it is tried again, at the earliest'),
    first_failed_at: Instant('When it failed first'),
    error_type: Type.String(),
    error_message: Type.String(),
  },
  { $id: 'Retrying' },
)
export type Retrying = Static<typeof Retrying>

const FoundDeadLetter = Type.Object({
  entry: Type.String({ format: 'uuid' }),
  error_type: Type.String(),
  error_message: Type.String(),
  error_stage: Type.String(),
  attempts: Count('How often it was tried'),
  status: Type.String(),
  created_at: Instant('First failure'),
  partition: Count('Partition of the record that failed'),
  offset: Count('Offset of the record that failed'),
})

export const Lookup = Type.Object(
  {
    order_uid: Type.String(),
    stored: nullable(Stored),
    retrying: Type.Array(Type.Ref('Retrying#')),
    dead_letters: Type.Array(FoundDeadLetter, { description: 'By the key of the record; the newest 50' }),
    unread: Count(
      'Records of all topics that an instance saw and that are not settled: the order may be among them. What came in the last seconds may not have been seen yet',
    ),
  },
  { $id: 'Lookup' },
)
export type Lookup = Omit<Static<typeof Lookup>, 'retrying'> & { retrying: Retrying[] }

export const RetryingQuery = Type.Object(Paging, CLOSED)
export type RetryingQuery = Static<typeof RetryingQuery>
export const RetryingList = Type.Object(
  { items: Type.Array(Type.Ref('Retrying#')), next: Next },
  { $id: 'RetryingList' },
)
