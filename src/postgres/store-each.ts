import type pg from 'pg'
import type { NewOrder } from '../pipeline/orders-role.ts'

/** So many bytes of orders at once, as JSON: they travel as a setting of the transaction. */
const MAX_CHARACTERS = 1_000_000

/**
 * Stores each order in a subtransaction of its own, on the server, so that one round trip finds out about all
 * of them. `others` catches everything but a statement that was cancelled, and that ends the whole statement.
 */
const STORE_EACH = `
do $each$
declare
  one record;
  answer jsonb;
  answers jsonb := '[]';
  failed_code text;
  failed_constraint text;
  failed_table text;
  failed_column text;
begin
  for one in
    select uid, hash, partition, "offset", "order", topic_id
    from json_to_recordset(current_setting('sluice.each')::json)
      as t (uid text, hash text, partition int4, "offset" int8, "order" json, topic_id uuid)
  loop
    answer := jsonb_build_object('uid', one.uid, 'inserted', false);
    begin
      insert into orders (
        order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
        sm_id, date_created, oof_shard, content_hash, source_topic_id, source_partition, source_offset
      )
      select
        order_uid, track_number, entry, locale, internal_signature, customer_id, delivery_service, shardkey,
        sm_id, date_created, oof_shard, decode(one.hash, 'hex'), one.topic_id, one.partition, one."offset"
      from json_to_record(one."order") as t (
        order_uid text, track_number text, entry text, locale text, internal_signature text, customer_id text,
        delivery_service text, shardkey text, sm_id int8, date_created timestamptz, oof_shard text
      )
      on conflict (order_uid) do nothing;
      if found then
        insert into delivery (order_uid, name, phone, zip, city, address, region, email)
        select one.uid, name, phone, zip, city, address, region, email
        from json_to_record(one."order" -> 'delivery') as t (
          name text, phone text, zip text, city text, address text, region text, email text
        );
        insert into payment (
          order_uid, transaction, request_id, currency, provider, amount, payment_dt, bank, delivery_cost,
          goods_total, custom_fee
        )
        select
          one.uid, transaction, request_id, currency, provider, amount, payment_dt, bank, delivery_cost,
          goods_total, custom_fee
        from json_to_record(one."order" -> 'payment') as t (
          transaction text, request_id text, currency text, provider text, amount int8, payment_dt int8,
          bank text, delivery_cost int8, goods_total int8, custom_fee int8
        );
        insert into items (
          order_uid, line, chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand, status
        )
        select
          one.uid, line, chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand, status
        from rows from (
          json_to_recordset(one."order" -> 'items') as (
            chrt_id int8, track_number text, price int8, rid text, name text, sale int8, size text,
            total_price int8, nm_id int8, brand text, status int8
          )
        ) with ordinality as t (
          chrt_id, track_number, price, rid, name, sale, size, total_price, nm_id, brand, status, line
        );
        set constraints all immediate;
        answer := jsonb_build_object('uid', one.uid, 'inserted', true);
      end if;
    exception when others then
      get stacked diagnostics
        failed_code = returned_sqlstate, failed_constraint = constraint_name, failed_table = table_name,
        failed_column = column_name;
      answer := jsonb_build_object(
        'uid', one.uid, 'code', failed_code, 'constraint', failed_constraint, 'table', failed_table,
        'column', failed_column
      );
    end;
    answers := answers || answer;
  end loop;
  perform set_config('sluice.answers', answers::text, true);
end
$each$`

type Answer =
  | { readonly uid: string; readonly inserted: boolean }
  | {
      readonly uid: string
      readonly code: string
      readonly constraint: string
      readonly table: string
      readonly column: string
    }

/** By uid: those that went in, and what the database has against others. The rest was there already. */
export interface StoredEach {
  readonly inserted: ReadonlySet<string>
  readonly refused: ReadonlyMap<string, Error>
}

/** Undefined when they are too large for this way. Throws, and leaves the transaction failed, when it was cancelled. */
export async function storeEach(
  client: Pick<pg.ClientBase, 'query'>,
  orders: readonly NewOrder[],
  topicId: string,
): Promise<StoredEach | undefined> {
  const json = JSON.stringify(
    orders.map(({ content, sourcePartition, sourceOffset }) => ({
      uid: content.uid,
      hash: content.contentHash.toString('hex'),
      partition: sourcePartition,
      offset: sourceOffset,
      topic_id: topicId,
      order: content.order,
    })),
  )
  if (json.length > MAX_CHARACTERS) return undefined
  await client.query(`select set_config('sluice.each', $1, true)`, [json])
  await client.query(STORE_EACH)
  const { rows } = await client.query<{ answers: Answer[] }>(
    `select current_setting('sluice.answers')::json as answers`,
  )
  const inserted = new Set<string>()
  const refused = new Map<string, Error>()
  for (const answer of rows[0]?.answers ?? []) {
    if ('code' in answer) refused.set(answer.uid, refusal(answer))
    else if (answer.inserted) inserted.add(answer.uid)
  }
  return { inserted, refused }
}

/** As the driver would have thrown it. */
function refusal({ code, constraint, table, column }: Extract<Answer, { readonly code: string }>): Error {
  return Object.assign(new Error('the database refused an order'), { code, constraint, table, column })
}
