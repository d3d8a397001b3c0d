import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkSchema, migrate } from '../../src/postgres/migrate.ts'
import { createDatabase } from '../stack-under-test.ts'
import { connect } from './migrated-database.ts'

const ALL = readdirSync(join(import.meta.dirname, '../../migrations'))
  .map((file) => file.replace('.sql', ''))
  .toSorted()
const silent = (): void => {}

async function execute(t: TestContext, dsn: string, statements: string): Promise<void> {
  await (await connect(t, dsn)).query(statements)
}

async function messageOf(rejected: Promise<unknown>): Promise<string> {
  const error: unknown = await rejected.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error && error.name === 'UnsuitableDatabase', String(error))
  return error.message
}

test('an empty database gets every migration, once', async (t) => {
  const dsn = await createDatabase(t)
  assert.deepEqual(await migrate(dsn, silent), ALL)
  assert.deepEqual(await migrate(dsn, silent), [])
  await checkSchema(dsn)
})

test('of five that migrate at once, one does it and the others wait until it is done', async (t) => {
  const dsn = await createDatabase(t)
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(dsn, silent)))
  assert.deepEqual(applied.flat().toSorted(), ALL)
})

test('tables of our names that are not ours are refused with all their names, and nothing is changed', async (t) => {
  const dsn = await createDatabase(t)
  const client = await connect(t, dsn)
  await client.query(
    'create table orders (id int); create table delivery (id int); create table other (id int)',
  )
  const message = await messageOf(migrate(dsn, silent))
  assert.match(message, /did not create: (orders, delivery|delivery, orders)\. /)
  assert.match(message, /a database or a schema of its own/)
  const { rows } = await client.query(
    `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  assert.equal(rows.length, 3)
})

test('a schema of its own, as that refusal advises, makes room beside them', async (t) => {
  const dsn = await createDatabase(t)
  await execute(t, dsn, 'create table orders (id int); create schema apart; create schema second')
  const inSchema = `${dsn}?options=-csearch_path%3Dapart`
  assert.deepEqual(await migrate(inSchema, silent), ALL)
  assert.deepEqual(await migrate(inSchema, silent), [])
  await checkSchema(inSchema)
  await messageOf(migrate(dsn, silent))
  assert.deepEqual(await migrate(inSchema.replace('apart', 'second'), silent), ALL)
  const missing = await messageOf(migrate(inSchema.replace('apart', 'third'), silent))
  assert.match(missing, /create the one that DB_DSN names/)
})

test('whatever was changed by hand is named, and starting is refused', async (t) => {
  const dsn = await createDatabase(t)
  await migrate(dsn, silent)
  await execute(
    t,
    dsn,
    `alter table orders alter column sm_id type integer;
     alter table dlq drop column attempts;
     drop table retrying;
     alter table payment add column noted text`,
  )
  for (const message of [await messageOf(migrate(dsn, silent)), await messageOf(checkSchema(dsn))]) {
    assert.match(message, /column orders\.sm_id is integer, not bigint/)
    assert.match(message, /column dlq\.attempts is missing/)
    assert.match(message, /table retrying is missing/)
    assert.doesNotMatch(message, /noted/)
  }
})

test('without migrating, an empty database is refused with what to do', async (t) => {
  const message = await messageOf(checkSchema(await createDatabase(t)))
  assert.match(message, /run `npm run migrate`, or start with MIGRATE=auto/)
})

test('a migration that fails leaves nothing behind, and can be run again', async (t) => {
  const dsn = await createDatabase(t)
  // A type of a table's name stands in its way, and is none of the tables that are looked for.
  await execute(t, dsn, 'create type dlq as enum ()')
  await assert.rejects(migrate(dsn, silent), { name: 'error' })
  await execute(t, dsn, 'drop type dlq')
  const applied = await migrate(dsn, silent)
  assert.equal(applied.at(-1), ALL.at(-1))
  await checkSchema(dsn)
})
