import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
const ORDER_TABLES = ['orders', 'delivery', 'payment', 'items']

test('every key of the four order tables contains order_uid, so that they can be distributed by it', async () => {
  const keys = await database.rows<{ table: string; key: string; columns: string[] }>(
    `select t.name as table, i.indexrelid::regclass::text as key, array_agg(a.attname::text) as columns
     from unnest($1::text[]) as t (name)
     join pg_index i on i.indrelid = t.name::regclass and (i.indisunique or i.indisexclusion)
     join pg_attribute a on a.attrelid = i.indexrelid
     group by t.name, i.indexrelid
     union all
     select t.name, c.conname, array_agg(a.attname::text)
     from unnest($1::text[]) as t (name)
     join pg_constraint c on c.conrelid = t.name::regclass and c.contype = 'f'
     join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
     group by t.name, c.oid`,
    [ORDER_TABLES],
  )
  assert.deepEqual(
    keys.filter(({ columns }) => !columns.includes('order_uid')),
    [],
  )
  // Four primary keys and three references.
  assert.equal(keys.length, 7)
  assert.deepEqual(new Set(keys.map(({ table }) => table)), new Set(ORDER_TABLES))
})

test('no column of them is numbered by a sequence, and no instant is without its zone', async () => {
  const columns = await database.rows(
    `select t.name as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
     from unnest($1::text[]) as t (name)
     join pg_attribute a on a.attrelid = t.name::regclass and a.attnum > 0
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like '%nextval%'
       or format_type(a.atttypid, null) like '%without time zone'`,
    [ORDER_TABLES],
  )
  assert.deepEqual(columns, [])
})

test('money and ids are bigint, and every number of an order fits', async () => {
  const narrow = await database.rows(
    `select a.attname as column, format_type(a.atttypid, null) as type
     from unnest($1::text[]) as t (name)
     join pg_attribute a on a.attrelid = t.name::regclass and a.attnum > 0
     where format_type(a.atttypid, null) not in ('bigint', 'text', 'timestamp with time zone', 'bytea', 'uuid')
     order by a.attname`,
    [ORDER_TABLES],
  )
  // Positions of ours: a partition, and the line of an item.
  assert.deepEqual(
    narrow.map(({ column }) => column),
    ['line', 'source_partition'],
  )
})
