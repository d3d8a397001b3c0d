import assert from 'node:assert/strict'
import { it } from 'node:test'
import { startProxy, type Proxy } from '../../chaos/system/proxy.ts'
import { inTransaction, openPool, type Pool } from '../../src/postgres/database.ts'
import { choosePort } from '../../stack/ports.ts'
import { query } from '../recovery/place.ts'
import { createDatabase } from '../stack-under-test.ts'

interface Way {
  readonly dsn: string
  readonly proxy: Proxy
  readonly pool: Pool
}

/** A table and the service's own pool, which reaches it through a proxy. */
async function openWay(test: Parameters<typeof createDatabase>[0]): Promise<Way> {
  const dsn = await createDatabase(test)
  await query(dsn, 'create table said (word text)')
  const url = new URL(dsn)
  const proxy = await startProxy({ port: await choosePort(new Set()), target: Number(url.port) })
  url.port = String(proxy.port)
  const settings = { dsn: url.href, maxConnections: 4, applicationName: 'test' }
  const pool = openPool(settings, () => {})
  test.after(async () => {
    await pool.end()
    await proxy[Symbol.asyncDispose]()
  })
  return { dsn, proxy, pool }
}

async function say(pool: Pool, word: string): Promise<'committed' | 'unknown'> {
  try {
    await inTransaction(pool, (client) => client.query('insert into said values ($1)', [word]))
    return 'committed'
  } catch {
    return 'unknown'
  }
}

async function saidIn(dsn: string): Promise<string[]> {
  return (await query<{ word: string }>(dsn, 'select word from said order by word')).map(({ word }) => word)
}

it('a COMMIT that is cut before it is passed on never happens', async (t) => {
  const { dsn, proxy, pool } = await openWay(t)
  const done = proxy.cutAtCommit('before', 2)
  assert.deepEqual([await say(pool, 'one'), await say(pool, 'two')], ['unknown', 'unknown'])
  assert.equal(await done, 2)
  assert.equal(await say(pool, 'three'), 'committed')
  assert.deepEqual(await saidIn(dsn), ['three'])
})

it('a COMMIT that is cut after it was passed on has happened, and its client does not know', async (t) => {
  const { dsn, proxy, pool } = await openWay(t)
  const done = proxy.cutAtCommit('after', 2)
  assert.deepEqual([await say(pool, 'one'), await say(pool, 'two')], ['unknown', 'unknown'])
  assert.equal(await done, 2)
  assert.equal(await say(pool, 'three'), 'committed')
  assert.deepEqual(await saidIn(dsn), ['one', 'three', 'two'])
})

it('what is cleared tells how many it has cut, and cuts no more', async (t) => {
  const { dsn, proxy, pool } = await openWay(t)
  const done = proxy.cutAtCommit('before', 5)
  assert.equal(await say(pool, 'one'), 'unknown')
  proxy.clear()
  assert.equal(await done, 1)
  assert.equal(await say(pool, 'two'), 'committed')
  assert.deepEqual(await saidIn(dsn), ['two'])
})
