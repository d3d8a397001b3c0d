import { readJson, readWithText, type Answer } from './client.ts'

/** An order in its canonical form, as it is stored. */
export interface Order {
  readonly order_uid: string
  readonly track_number: string
  readonly entry: string
  readonly delivery: Readonly<Record<DeliveryField, string>>
  readonly payment: Payment
  readonly items: readonly Item[]
  readonly locale: string
  readonly internal_signature: string
  readonly customer_id: string
  readonly delivery_service: string
  readonly shardkey: string
  readonly sm_id: number
  readonly date_created: string
  readonly oof_shard: string
}

type DeliveryField = 'name' | 'phone' | 'zip' | 'city' | 'address' | 'region' | 'email'

export interface Payment {
  readonly transaction: string
  readonly request_id: string
  readonly currency: string
  readonly provider: string
  readonly amount: number
  readonly payment_dt: number
  readonly bank: string
  readonly delivery_cost: number
  readonly goods_total: number
  readonly custom_fee: number
}

export interface Item {
  readonly chrt_id: number
  readonly track_number: string
  readonly price: number
  readonly rid: string
  readonly name: string
  readonly sale: number
  readonly size: string
  readonly total_price: number
  readonly nm_id: number
  readonly brand: string
  readonly status: number
}

export interface OrderSummary {
  readonly order_uid: string
  readonly track_number: string
  readonly customer_id: string
  readonly delivery_service: string
  readonly date_created: string
  readonly stored_at: string
  readonly amount: number
  readonly currency: string
  readonly items_count: number
}

export interface OrderPage {
  readonly items: readonly OrderSummary[]
  readonly next: string | null
}

/** Where a uid is: stored, waiting for a retry, among the dead letters; all may be so at once, or none. */
export interface Whereabouts {
  readonly order_uid: string
  readonly stored: Stored | null
  readonly retrying: readonly Retrying[]
  readonly dead_letters: readonly DeadLetter[]
  /** Records that were seen in Kafka and are not settled: it may be among them. */
  readonly unread: number
}

export interface Stored {
  readonly stored_at: string
  readonly source: {
    readonly topic_id: string
    readonly partition: number
    readonly offset: number
  } | null
  readonly cached: boolean
}

export interface Retrying {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly retry: number
  readonly retry_max: number
  readonly not_before: string
  readonly first_failed_at: string
  readonly error_type: string
  readonly error_message: string
}

export interface DeadLetter {
  readonly entry: string
  readonly error_type: string
  readonly error_message: string
  readonly error_stage: string | null
  readonly attempts: number
  readonly status: string
  readonly created_at: string
  readonly partition: number
  readonly offset: number
}

/** The uid must be one: nothing else may stand in the path. */
export function readOrder(uid: string): Promise<Answer<{ readonly text: string; readonly value: Order }>> {
  return readWithText<Order>(`/orders/${encodeURIComponent(uid)}`)
}

export function readWhereabouts(uid: string): Promise<Answer<Whereabouts>> {
  return readJson<Whereabouts>(`/api/v1/lookup/${encodeURIComponent(uid)}`)
}

export function readByTrackNumber(trackNumber: string, cursor: string | null): Promise<Answer<OrderPage>> {
  const query = new URLSearchParams({ track_number: trackNumber, limit: '50' })
  if (cursor !== null) query.set('cursor', cursor)
  return readJson<OrderPage>(`/api/v1/orders?${query.toString()}`)
}
