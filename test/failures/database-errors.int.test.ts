import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Client } from 'pg'
import { classifyError } from '../../src/pipeline/classify.ts'
import type { Failure } from '../../src/pipeline/failure.ts'
import { openPool } from '../../src/postgres/database.ts'
import { startProxy } from '../journey/proxy.ts'
import { migratedDatabase } from '../postgres/migrated-database.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'

const database = await migratedDatabase({ after })
const { dsn, rows, pool } = database
await rows(`
  create table shapes (
    id int primary key, name varchar(3), part text unique, needed int not null default 1,
    amount int check (amount > 0), parent int references shapes (id) deferrable initially deferred
  );
  insert into shapes (id, part) values (1, 'taken'), (2, 'free');
  create function deep(n int) returns int language plpgsql as $$ begin return deep(n + 1); end $$`)

type Verdict = `${Failure['kind']} ${Failure['type']}`

/** What was thrown, and as PostgreSQL called it; fails when nothing was. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  return await Promise.resolve()
    .then(work)
    .then(
      () => assert.fail('nothing was thrown'),
      (error: unknown) => error,
    )
}

function verdictOf(error: unknown): string {
  const { kind, type } = classifyError(error)
  return `${kind} ${type}`
}

function expectVerdict(error: unknown, code: string | undefined, verdict: Verdict): void {
  assert.ok(error instanceof Error)
  assert.equal('code' in error ? error.code : undefined, code)
  assert.equal(verdictOf(error), verdict)
  const { message, fingerprint } = classifyError(error)
  assert.doesNotMatch(message + fingerprint, /secret/)
}

const STATEMENTS: ReadonlyArray<readonly [code: string, statement: string, verdict: Verdict]> = [
  ['22001', `insert into shapes (id, name) values (3, 'secret')`, 'permanent rejected_by_database'],
  ['22003', `select 9999999999::int`, 'permanent rejected_by_database'],
  ['22008', `select '2020-02-30'::timestamptz`, 'permanent rejected_by_database'],
  ['22021', `select convert_from('\\xff'::bytea, 'UTF8')`, 'permanent rejected_by_database'],
  ['22P02', `select 'secret'::int`, 'permanent rejected_by_database'],
  ['23502', `insert into shapes (id, needed) values (3, null)`, 'permanent rejected_by_database'],
  ['23503', `insert into delivery values ('secret','','','','','','','')`, 'permanent rejected_by_database'],
  ['23505', `insert into shapes (id, part) values (3, 'taken')`, 'permanent rejected_by_database'],
  ['23514', `insert into shapes (id, amount) values (3, -1)`, 'permanent rejected_by_database'],
  [
    '23503',
    `begin; insert into shapes (id, parent) values (3, 99); commit`,
    'permanent rejected_by_database',
  ],
  [
    '54000',
    `insert into shapes (id, part)
     select 3, string_agg(md5(n::text), '') from generate_series(1, 1000) n`,
    'permanent rejected_by_database',
  ],
  ['54001', `select deep(1)`, 'permanent rejected_by_database'],
  ['25006', `begin read only; insert into shapes (id) values (3)`, 'outage database_unreachable'],
  ['55P03', `set lock_timeout = '20ms'; lock table shapes`, 'transient timeout'],
  ['57014', `set statement_timeout = '20ms'; select pg_sleep(5)`, 'transient timeout'],
  ['42P01', `insert into missing values (1)`, 'systemic schema_mismatch'],
  ['42703', `insert into shapes (missing) values (1)`, 'systemic schema_mismatch'],
  ['42804', `insert into shapes (id) values (true)`, 'systemic schema_mismatch'],
  ['3F000', `create table missing.shapes ()`, 'systemic schema_mismatch'],
  ['0A000', `select 1 from shapes group by id for update`, 'systemic database_refuses'],
  ['53100', raising('53100'), 'outage database_unreachable'],
  ['53200', raising('53200'), 'outage database_unreachable'],
  ['58030', raising('58030'), 'outage database_unreachable'],
  ['08006', raising('08006'), 'outage database_unreachable'],
  ['57P03', raising('57P03'), 'outage database_unreachable'],
  ['F0000', raising('F0000'), 'systemic database_refuses'],
  ['XX000', raising('XX000'), 'systemic database_refuses'],
  ['XX002', raising('XX002'), 'systemic database_refuses'],
  ['40001', raising('40001'), 'transient serialization_conflict'],
  ['P0001', `do $$ begin raise exception 'secret'; end $$`, 'transient unclassified'],
]

/** What only a full disk, a broken disk or memory would do otherwise. */
function raising(code: string): string {
  return `do $$ begin raise exception 'secret' using errcode = '${code}'; end $$`
}

for (const [code, statement, verdict] of STATEMENTS) {
  test(`${code} of PostgreSQL is ${verdict}: ${statement.slice(0, 60).replaceAll('\n', ' ')}`, async (t) => {
    const client = await database.connect(t)
    if (code === '55P03') {
      const holder = await database.connect(t)
      await holder.query('begin; lock table shapes')
    }
    expectVerdict(await thrownBy(() => client.query(statement)), code, verdict)
  })
}

test('a message says which constraint, table and column, and no value', async (t) => {
  const client = await database.connect(t)
  const error = await thrownBy(() => client.query(`insert into shapes (id, amount) values (3, -4711)`))
  const { message, fingerprint } = classifyError(error)
  assert.equal(message, '23514: a check is violated (constraint shapes_amount_check, table shapes)')
  assert.equal(fingerprint, 'rejected_by_database/23514/shapes_amount_check')
  const empty = await thrownBy(() => client.query(`insert into shapes (id, needed) values (3, null)`))
  assert.equal(classifyError(empty).message, '23502: a column must not be null (table shapes, column needed)')
})

test('40001 of two transactions that can not be put in an order is a conflict of that moment', async (t) => {
  const [one, other] = [await database.connect(t), await database.connect(t)]
  await one.query('begin isolation level repeatable read; select * from shapes')
  await other.query(`update shapes set name = 'a' where id = 1`)
  const error = await thrownBy(() => one.query(`update shapes set name = 'b' where id = 1`))
  expectVerdict(error, '40001', 'transient serialization_conflict')
})

test('40P01 of two transactions that wait for each other is a conflict of that moment', async (t) => {
  const clients = [await database.connect(t), await database.connect(t)] as const
  for (const client of clients) await client.query(`begin; set local deadlock_timeout = '20ms'`)
  await clients[0].query('update shapes set needed = 2 where id = 1')
  await clients[1].query('update shapes set needed = 2 where id = 2')
  const ends = await Promise.allSettled([
    clients[0].query('update shapes set needed = 3 where id = 2'),
    clients[1].query('update shapes set needed = 3 where id = 1'),
  ])
  const rejected = ends.find((end) => end.status === 'rejected')
  expectVerdict(rejected?.reason, '40P01', 'transient serialization_conflict')
})

test('57014 of a query that somebody cancels is a time-out', async (t) => {
  const client = await database.connect(t)
  const thrown = thrownBy(() => client.query('select pg_sleep(10)'))
  await rows('select pg_cancel_backend($1)', [await pidOf(client)])
  expectVerdict(await thrown, '57014', 'transient timeout')
})

/** Of a client that is busy: it can't be asked itself. */
async function pidOf(client: Client): Promise<number> {
  const pid: unknown = Reflect.get(client, 'processID')
  assert.equal(typeof pid, 'number')
  await waitUntil(
    async () =>
      (await rows(`select from pg_stat_activity where pid = $1 and state = 'active'`, [pid])).length,
    { deadlineMs: 5_000, what: 'it runs' },
  )
  return Number(pid)
}

test('a connection that is ended under a query, and each query after it, is an outage', async (t) => {
  const client = await database.connect(t)
  const thrown = thrownBy(() => client.query('select pg_sleep(10)'))
  await rows('select pg_terminate_backend($1)', [await pidOf(client)])
  expectVerdict(await thrown, '57P01', 'outage database_unreachable')
  expectVerdict(await thrownBy(() => client.query('select 1')), undefined, 'outage database_unreachable')
})

test('a server that vanishes under a query, under rows that are copied, and for new connections, is an outage', async (t) => {
  const proxy = await startProxy(t, dsn)
  const settings = { dsn: proxy.via(dsn), maxConnections: 2, applicationName: 'vanishing' }
  const own = openPool(settings, () => {})
  t.after(() => own.end())
  const client = await own.connect()
  const thrown = thrownBy(() => client.query('select pg_sleep(10)'))
  await waitUntil(
    async () => (await rows(`select from pg_stat_activity where query = 'select pg_sleep(10)'`)).length,
    { deadlineMs: 5_000, what: 'it runs' },
  )
  await proxy.cut()
  expectVerdict(await thrown, undefined, 'outage database_unreachable')
  expectVerdict(await thrownBy(() => client.query('select 1')), undefined, 'outage database_unreachable')
  client.release(true)
  expectVerdict(await thrownBy(() => own.query('select 1')), 'ECONNREFUSED', 'outage database_unreachable')
})

test('a name with several addresses that all refuse gives an error of errors, and is an outage', async (t) => {
  const proxy = await startProxy(t, dsn)
  const url = new URL(proxy.via(dsn))
  url.hostname = 'localhost'
  await proxy.cut()
  const own = openPool({ dsn: url.href, maxConnections: 1, applicationName: 'nobody' }, () => {})
  t.after(() => own.end())
  assert.equal(verdictOf(await thrownBy(() => own.query('select 1'))), 'outage database_unreachable')
})

test('a pool without a free connection is an outage', async (t) => {
  const { Pool } = await import('pg')
  const own = new Pool({ connectionString: dsn, max: 1, connectionTimeoutMillis: 2_000 })
  t.after(() => own.end())
  const client = await own.connect()
  const error = await thrownBy(() => own.query('select 1'))
  client.release()
  expectVerdict(error, undefined, 'outage database_unreachable')
})

test('a plan that outlived a change of its table is a matter of the connection', async (t) => {
  const client = await database.connect(t)
  await client.query('create table plans (one int)')
  const statement = { name: 'all', text: 'select * from plans' }
  await client.query(statement)
  await client.query('alter table plans add column two int')
  const error = await thrownBy(() => client.query(statement))
  expectVerdict(error, '0A000', 'outage database_unreachable')
})

test('who may not in, and who may not write, is told as access that is denied', async () => {
  const role = uniqueName('role').replaceAll('-', '_')
  await rows(`create role ${role} login password 'right' connection limit 1`)
  try {
    expectVerdict(await thrownBy(() => queryAs(role, 'wrong')), '28P01', 'systemic access_denied')
    const denied = await thrownBy(() => queryAs(role, 'right', 'insert into shapes (id) values (3)'))
    expectVerdict(denied, '42501', 'systemic access_denied')
    await rows(`alter role ${role} connection limit 0`)
    expectVerdict(await thrownBy(() => queryAs(role, 'right')), '53300', 'outage database_unreachable')
  } finally {
    await rows(`drop role ${role}`)
  }
})

test('a database that does not exist is no outage', async () => {
  const url = new URL(dsn)
  url.pathname = '/no_such_database'
  expectVerdict(await thrownBy(() => queryOnce(url)), '3D000', 'systemic schema_mismatch')
})

async function queryAs(user: string, password: string, text = 'select 1'): Promise<void> {
  const url = new URL(dsn)
  url.username = user
  url.password = password
  await queryOnce(url, text)
}

async function queryOnce(url: URL, text = 'select 1'): Promise<void> {
  const own = openPool({ dsn: url.href, maxConnections: 1, applicationName: 'once' }, () => {})
  await own.query(text).finally(() => own.end())
}

test('nothing of this left a row behind', async () => {
  const { rows: found } = await pool.query('select id from shapes order by id')
  assert.deepEqual(
    found.map(({ id }) => id),
    [1, 2],
  )
})
