import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { baseBackup } from '../../stack/base-backup.ts'
import type { PostgresPair } from '../../stack/postgres-pair.ts'
import { choosePort } from '../../stack/ports.ts'
import { query, withConnection } from '../../stack/sql.ts'
import { stackStatus, startStack, stopStack } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import { StackError } from '../../stack/stack-error.ts'
import { stackFolder, waitUntil } from '../stack-under-test.ts'

async function write(dsn: string, n: number): Promise<void> {
  await query(dsn, `insert into kept values (${n})`)
}

async function written(dsn: string): Promise<unknown[]> {
  return Object.values(await query(dsn, 'select array_agg(n order by n) from kept')).flat()
}

function rolesOf({ primary, standby }: PostgresPair): string[] {
  return [primary.name, standby.name]
}

describe('a stack with a standby and a listener for a proxy', () => {
  const removals: (() => void | Promise<void>)[] = []
  // A folder that root alone may enter, so for root the data lies elsewhere.
  const dir = stackFolder({ after: (undo) => removals.push(undo) }, 0o700)
  const taken = new Set<number>()
  let stack: Stack
  let pair: PostgresPair

  before(async () => {
    const advertise = [await choosePort(taken)]
    stack = await startStack({ dir, standby: true, advertise })
    pair = stack.standby ?? assert.fail('no standby')
    await query(stack.dsn, 'create table kept (n int primary key)')
    await write(stack.dsn, 1)
  })

  after(async () => {
    for (const remove of removals) await remove()
  })

  it('has what the primary has, and takes no writes', async () => {
    await pair.catchUp()
    assert.deepEqual(await written(pair.standby.dsn), [1])
    await assert.rejects(write(pair.standby.dsn, 2), { code: '25006' })
    assert.deepEqual([stack.dsn, stack.postgres], [pair.primary.dsn, pair.primary])
    const { running, servers } = await stackStatus(dir)
    assert.equal(running, true)
    assert.ok(servers.some(({ name, port }) => name === 'postgres-standby' && port === pair.standby.port))
  })

  it('tells clients of the second listener the address of the proxy, and others that of the first', async () => {
    const [broker] = stack.kafka.nodes
    const addressesBy = async (port: number | undefined) => {
      const admin = new Admin({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${port}`], retries: 0 })
      const { brokers } = await admin.metadata({ topics: [] })
      await admin.close()
      return Array.from(brokers.values(), (each) => each.port)
    }
    assert.ok(broker)
    assert.deepEqual(await addressesBy(broker.proxiedPort), [...taken])
    assert.deepEqual(await addressesBy(broker.port), [broker.port])
  })

  it('lacks what was committed while it lagged, and gets it when it catches up', async () => {
    await pair.lag()
    await write(stack.dsn, 2)
    assert.deepEqual(await written(pair.standby.dsn), [1])
    await pair.catchUp()
    assert.deepEqual(await written(pair.standby.dsn), [1, 2])
  })

  it('follows a primary that was killed and started again', async () => {
    await pair.primary.kill()
    await pair.primary.start()
    await write(stack.dsn, 3)
    await pair.catchUp()
    assert.deepEqual(await written(pair.standby.dsn), [1, 2, 3])
  })

  it('leads with what it has after a fail-over, and the former primary stays down', async () => {
    const former = pair.primary
    await pair.lag()
    await write(stack.dsn, 4)
    await pair.failOver()
    assert.deepEqual(rolesOf(pair), ['postgres-standby', 'postgres-primary'])
    assert.deepEqual([former.pid, pair.standby], [undefined, former])
    assert.deepEqual(await written(stack.dsn), [1, 2, 3])
    await write(stack.dsn, 5)
    const { dsn } = JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as { dsn: string }
    assert.deepEqual([dsn, stack.postgres], [pair.primary.dsn, pair.primary])
    assert.equal((await stackStatus(dir)).running, false)
  })

  it('keeps its roles and ports when it is stopped and started, which makes a standby of the former primary', async () => {
    const { dsn } = pair.standby
    const primary = stack.dsn
    await stopStack(dir)
    assert.equal(pair.primary.pid, undefined)
    stack = await startStack({ dir })
    pair = stack.standby ?? assert.fail('no standby')
    assert.deepEqual(rolesOf(pair), ['postgres-standby', 'postgres-primary'])
    assert.deepEqual([stack.dsn, pair.standby.dsn], [primary, dsn])
    await write(stack.dsn, 6)
    await pair.catchUp()
    assert.deepEqual(await written(pair.standby.dsn), [1, 2, 3, 5, 6], '4 is what nobody else had')
  })

  it('gives a whole backup while others write, which its primary can be restored from', async () => {
    const folder = join(dir, 'backup')
    const enough = new AbortController()
    const writing = withConnection(stack.dsn, 10_000, async (client) => {
      for (let n = 1_000; !enough.signal.aborted; n += 100)
        await client.query('insert into kept select generate_series($1::int, $1 + 99)', [n])
    })
    const count = async () =>
      Number((await query(stack.dsn, 'select count(*) from kept where n >= 1000'))['count'])
    await waitUntil(async () => (await count()) > 0, { deadlineMs: 5_000, what: 'somebody writes' })
    await baseBackup(pair.primary, folder)
    await assert.rejects(baseBackup(pair.primary, folder), StackError)
    enough.abort()
    await writing
    const all = await count()

    await pair.primary.kill()
    await pair.primary.restoreFrom(folder)
    await pair.primary.start()
    const restored = await count()
    assert.ok(restored > 0 && restored < all && restored % 100 === 0, `${restored} of ${all}`)
    const unbroken = 'select max(n) - min(n) + 1 = count(*) as whole from kept where n >= 1000'
    assert.equal((await query(stack.dsn, unbroken))['whole'], true)
    await pair.rebuild()
    assert.equal((await query(pair.standby.dsn, unbroken))['whole'], true)
    assert.ok(existsSync(join(folder, 'backup_label')), 'the backup can be restored once more')
  })

  it('fails over a second time, also when neither runs', async () => {
    await Promise.all([pair.primary.kill(), pair.standby.kill()])
    await pair.failOver()
    assert.deepEqual(rolesOf(pair), ['postgres-primary', 'postgres-standby'])
    await write(stack.dsn, 7)
  })
})
