import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inTransaction, openPool, Rollback, type PoolClient } from '../../src/postgres/database.ts'
import { waitUntil } from '../stack-under-test.ts'
import { migratedDatabase } from './migrated-database.ts'

const database = await migratedDatabase({ after })
const { pool, rows, transaction } = database
await rows('create table notes (text text)')

async function noted(text: string): Promise<boolean> {
  return (await rows('select from notes where text = $1', [text])).length > 0
}

async function note(client: PoolClient, text: string): Promise<number> {
  await client.query('insert into notes values ($1)', [text])
  const { rows: found } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return found[0]?.pid ?? 0
}

async function isGone(pid: number): Promise<boolean> {
  return (await rows('select from pg_stat_activity where pid = $1', [pid])).length === 0
}

test('what a transaction did is durable when it resolves, and undone on request or when it throws', async () => {
  assert.equal(await transaction(async (client) => (await note(client, 'kept')) > 0), true)
  assert.equal(
    await inTransaction<string>(pool, async (client) => {
      await note(client, 'undone')
      return new Rollback('told')
    }),
    'told',
  )
  await assert.rejects(
    transaction(async (client) => {
      await note(client, 'thrown')
      throw new Error('a reason')
    }),
    /a reason/,
  )
  assert.deepEqual([await noted('kept'), await noted('undone'), await noted('thrown')], [true, false, false])
})

test('a commit that the server answers with a rollback is an error', async () => {
  const failing = transaction(async (client) => {
    await note(client, 'rolled back')
    await client.query('select 1 / 0').catch(() => {})
  })
  await assert.rejects(failing, /commit answered ROLLBACK/)
  assert.equal(await noted('rolled back'), false)
})

test('a connection that is killed in the middle of a transaction fails that one alone', async () => {
  let killed = false
  const killing = transaction(async (client) => {
    const pid = await note(client, 'killed')
    await rows('select pg_terminate_backend($1)', [pid])
    await waitUntil(() => isGone(pid), { deadlineMs: 5_000, what: 'the connection is gone' })
    killed = true
    await note(client, 'killed')
  })
  await assert.rejects(killing)
  assert.ok(killed)
  assert.equal(await noted('killed'), false)
  const others = Array.from({ length: 20 }, (_, n) => transaction((client) => note(client, `after ${n}`)))
  await Promise.all(others)
  assert.equal(await noted('after 19'), true)
})

test('a connection that is killed while a statement runs rejects that statement', async () => {
  const { promise: begun, resolve } = Promise.withResolvers<number>()
  const running = transaction(async (client) => {
    resolve(await note(client, 'asleep'))
    await client.query('select pg_sleep(10)')
  })
  const rejected = assert.rejects(running)
  await rows('select pg_terminate_backend($1)', [await begun])
  await rejected
  assert.equal(await noted('asleep'), false)
})

test('idle connections that die are told once each, replaced, and never end the process', async (t) => {
  const lost: Error[] = []
  const own = openPool({ dsn: database.dsn, maxConnections: 3, applicationName: 'idle' }, (error) =>
    lost.push(error),
  )
  t.after(() => own.end())
  await Promise.all([1, 2, 3].map(() => own.query('select pg_sleep(0.05)')))
  await rows(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idle'`)
  await waitUntil(() => lost.length === 3, { deadlineMs: 5_000, what: 'all three are told' })
  assert.equal((await own.query('select 1 as one')).rows[0]?.one, 1)
})

test('the server ends a transaction that is idle for 5 s, so that a frozen instance holds no lock', async () => {
  const startedAtMs = performance.now()
  let endedAfterMs = 0
  const frozen = transaction(async (client) => {
    const pid = await note(client, 'frozen')
    await client.query('lock table notes in share row exclusive mode')
    await waitUntil(() => isGone(pid), { deadlineMs: 8_000, what: 'the server ends it' })
    endedAfterMs = performance.now() - startedAtMs
    await note(client, 'frozen')
  })
  await assert.rejects(frozen)
  assert.ok(endedAfterMs > 4_000, 'the server ended it, and not before the time')
  assert.equal(await noted('frozen'), false)
  await transaction((client) => note(client, 'free again'))
})

test('a lock that somebody holds for too long is given up, and nothing is written', async (t) => {
  const [setting] = await rows<{ lock_timeout: string }>('show lock_timeout')
  assert.equal(setting?.lock_timeout, '5s')
  const holder = await database.connect(t)
  await holder.query('begin; lock table notes')
  await assert.rejects(
    transaction(async (client) => {
      await client.query(`set local lock_timeout = '100ms'`)
      await note(client, 'locked')
    }),
    { code: '55P03' },
  )
  await holder.query('rollback')
  assert.equal(await noted('locked'), false)
})
