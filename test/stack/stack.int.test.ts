import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { Client } from 'pg'
import { identify } from '../../stack/process-table.ts'
import { findRunningStack, stackStatus, startStack, stopStack } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import { StackError } from '../../stack/stack-error.ts'
import { readState, recordHttpAddress, writeState } from '../../stack/state.ts'
import { stackFolder } from '../stack-under-test.ts'
import { runStackCommand } from './run-stack-command.ts'

const TOPIC = 'kept'

async function sql(dsn: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: dsn })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>({ text })).rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end()
  }
}

async function withAdmin<T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(','), retries: 0 })
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

async function occupy(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

function pidsOf({ kafka, postgres }: Pick<Stack, 'kafka' | 'postgres'>): (number | undefined)[] {
  return [...kafka.nodes, postgres].map((node) => node.pid)
}

async function assertDataIsThere({ brokers, dsn }: { brokers: string; dsn: string }) {
  assert.deepEqual(await sql(dsn, 'select n from kept'), [1])
  assert.ok((await withAdmin(brokers, async (admin) => await admin.listTopics())).includes(TOPIC))
}

describe('a stack', () => {
  const removals: (() => void | Promise<void>)[] = []
  const dir = stackFolder({ after: (undo) => removals.push(undo) })
  let stack: Stack

  before(async () => {
    assert.equal((await runStackCommand(['status', '--dir', dir])).code, 1)
    const [first, second] = await Promise.all([startStack({ dir }), startStack({ dir })])
    assert.deepEqual(pidsOf(first), pidsOf(second), 'two that start it at once get the same servers')
    assert.deepEqual([first.ownedHere, second.ownedHere].filter(Boolean), [true])
    stack = first.ownedHere ? first : second
    await withAdmin(
      stack.brokers,
      async (admin) => await admin.createTopics({ topics: [TOPIC], partitions: 1 }),
    )
    await sql(stack.dsn, 'create table kept as select 1 as n')
  })

  after(async () => {
    for (const remove of removals) await remove()
  })

  it('records its addresses while it runs, with that of a service', async () => {
    const { brokers, dsn } = stack
    const recorded = (): unknown => JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8'))
    assert.deepEqual(recorded(), { brokers, dsn })
    recordHttpAddress(dir, 'http://127.0.0.1:8080')
    assert.deepEqual(recorded(), { brokers, dsn, http: 'http://127.0.0.1:8080' })
    recordHttpAddress(dir, undefined)
    assert.deepEqual(recorded(), { brokers, dsn })
    const { code, stdout } = await runStackCommand(['status', '--dir', dir])
    const status: unknown = JSON.parse(stdout)
    assert.deepEqual([code, status], [0, await stackStatus(dir)])
  })

  it('gives PostgreSQL the settings it promises', async () => {
    const settings = await Promise.all(
      ['TimeZone', 'max_connections', 'fsync', 'listen_addresses', 'server_encoding'].map(
        async (name) => (await sql(stack.dsn, `show ${name}`))[0],
      ),
    )
    assert.deepEqual(settings, ['UTC', '200', 'on', '127.0.0.1', 'UTF8'])
  })

  it('keeps data and ports between two runs', async () => {
    const { brokers, dsn } = stack
    await stack[Symbol.asyncDispose]()
    assert.equal(existsSync(join(dir, 'stack.json')), false)
    assert.equal(findRunningStack(dir), undefined)
    assert.equal((await runStackCommand(['status', '--dir', dir])).code, 1)
    stack = await startStack({ dir })
    assert.deepEqual([stack.brokers, stack.dsn], [brokers, dsn])
    assert.deepEqual(pidsOf(findRunningStack(dir) ?? assert.fail('does not run')), pidsOf(stack))
    await assertDataIsThere(stack)
  })

  it('starts again after both servers were killed', async () => {
    const pids = pidsOf(stack)
    for (const pid of pids) process.kill(pid ?? assert.fail('does not run'), 'SIGKILL')
    stack = await startStack({ dir })
    assert.ok(pidsOf(stack).every((pid) => pid !== undefined && !pids.includes(pid)))
    await assertDataIsThere(stack)
  })

  it('starts a server anew that was found running and died then', async () => {
    const { postgres } = stack
    const { pid } = postgres
    postgres.pause() // so that it can't be ready before it dies
    const starting = postgres.start()
    await postgres.kill()
    await starting
    assert.ok(postgres.pid !== undefined && postgres.pid !== pid)
    await assertDataIsThere(stack)
  })

  it('replaces a server that no pid file names any more', async () => {
    const { pid } = stack.postgres
    rmSync(join(dir, 'postgres-primary', 'pid'))
    assert.equal(stack.postgres.pid, undefined)
    const again = await startStack({ dir })
    assert.equal(again.ownedHere, false, 'Kafka ran all the time')
    assert.equal(identify(pid ?? assert.fail('did not run')), undefined)
    await assertDataIsThere(again)
  })

  it('passes to the next user when its owner was killed, and not while it lives', async () => {
    assert.equal((await startStack({ dir })).ownedHere, false)
    const state = readState(dir) ?? assert.fail('no state')
    writeState(dir, {
      ...state,
      owner: { pid: process.pid, startedAt: 'of an earlier process with this number' },
    })
    stack = await startStack({ dir })
    assert.equal(stack.ownedHere, true)
  })

  it('copies and restores the files of a stopped database', async () => {
    const { postgres, dsn } = stack
    const copy = join(dir, 'copy')
    await assert.rejects(postgres.copyTo(copy), StackError)
    await postgres.stop()
    await postgres.copyTo(copy)
    await postgres.start()
    await sql(dsn, 'insert into kept values (2)')
    await postgres.kill()
    await postgres.restoreFrom(copy)
    await postgres.start()
    await assertDataIsThere(stack)
  })

  it('pauses and resumes a server with all its processes', async () => {
    const { postgres, dsn } = stack
    postgres.pause()
    const answer = sql(dsn, 'select 7')
    assert.equal(await Promise.race([answer, delay(300, 'none')]), 'none')
    postgres.resume()
    assert.deepEqual(await answer, [7])
  })

  it('takes other ports when its own are taken, and leaves a recycled pid alone', async () => {
    await stopStack(dir)
    const earlier = readState(dir) ?? assert.fail('no state')
    const [ports] = earlier.kafkaPorts
    assert.ok(ports)
    const occupied = await Promise.all([ports.broker, ports.controller, earlier.postgresPort].map(occupy))
    // This very process has the recorded numbers now; neither server may take it for its own, nor kill it.
    const { pid } = process
    for (const [name, folder] of [
      ['kafka-1', join(dir, 'kafka-1', 'data')],
      ['postgres-primary', stack.postgres.dataDir],
    ] as const) {
      writeFileSync(join(dir, name, 'pid'), JSON.stringify({ pid, startedAt: 'earlier', folder }))
    }
    writeFileSync(join(stack.postgres.dataDir, 'postmaster.pid'), `${pid}\n`)
    stack = await startStack({ dir })
    await assertDataIsThere(stack)
    const now = readState(dir) ?? assert.fail('no state')
    assert.notEqual(now.kafkaPorts[0]?.broker, ports.broker)
    assert.notEqual(now.kafkaPorts[0]?.controller, ports.controller)
    assert.notEqual(now.postgresPort, earlier.postgresPort)
    for (const server of occupied) server.close()
  })

  it('is kept running by `up`, and stopped by `down`', async () => {
    assert.equal((await runStackCommand(['up', '--dir', dir])).code, 0)
    await stack[Symbol.asyncDispose]()
    assert.notEqual(findRunningStack(dir), undefined)
    assert.equal((await runStackCommand(['down', '--dir', dir])).code, 0)
    assert.deepEqual(pidsOf(stack), [undefined, undefined])
  })
})
