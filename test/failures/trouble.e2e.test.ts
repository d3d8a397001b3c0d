import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from 'pg'
import {
  expectBalanced,
  expectEachAccountedFor,
  progressOf,
  sumsOf,
  waitUntilSettled,
} from '../recovery/books.ts'
import { startLoad, type Load } from '../recovery/load.ts'
import { placeOnSharedStack, query, type Place } from '../recovery/place.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'

const RATE = 300
const RECOVERS_WITHIN_MS = 20_000
/** Above the time that a batch waits for a lock. */
const LOCKED_MS = 6_000

/** Each of these stops all storing; none of them may cost a record. */
describe('trouble with the database under load', () => {
  const removals: (() => void | Promise<void>)[] = []
  const role = uniqueName('owner').replaceAll('-', '_')
  let place: Place
  let service: ServiceUnderTest
  let load: Load

  before(async () => {
    const suite = { after: (undo: () => void | Promise<void>) => void removals.push(undo) }
    const shared = await placeOnSharedStack(suite)
    const database = new URL(shared.dsn).pathname.slice(1)
    // Superusers pass every limit, and a service should be none.
    await query(
      shared.dsn,
      `create role ${role} login password 'secret';
       alter database ${database} owner to ${role}; alter schema public owner to ${role}`,
    )
    suite.after(() =>
      query(shared.dsn, `reassign owned by ${role} to current_user; drop role ${role}`).then(() => {}),
    )
    const dsn = new URL(shared.dsn)
    dsn.username = role
    dsn.password = 'secret'
    place = { ...shared, environment: { ...shared.environment, DB_DSN: dsn.href } }
    service = await startServiceProcess(suite, place.environment)
    load = startLoad(suite, place, { seed: place.orders, rate: RATE })
    await waitUntil(async () => (await progressOf(place)) > RATE, { deadlineMs: 20_000, what: 'it flows' })
  })
  after(async () => {
    for (const remove of removals.toReversed()) await remove()
  })

  async function endConnections(): Promise<void> {
    await query(
      place.dsn,
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()`,
      [role],
    )
  }

  function heldEvents(): readonly Record<string, unknown>[] {
    return service.events.filter(({ event }) => event.startsWith('partition_held_'))
  }

  /** Makes the trouble, expects the hold, ends the trouble, and expects orders to be stored again. */
  async function trouble(
    reason: string,
    make: () => Promise<unknown>,
    end: () => Promise<unknown>,
    heldWithinMs = 5_000,
  ): Promise<{ events: readonly Record<string, unknown>[]; heldAfterMs: number }> {
    const earlier = heldEvents().length
    await make()
    const madeAtMs = performance.now()
    const events = await waitUntil(
      () => {
        const some = heldEvents().slice(earlier)
        return some.some(({ event }) => event === `partition_held_${reason}`) ? some : undefined
      },
      { deadlineMs: heldWithinMs, what: `it holds as ${reason}` },
    )
    const heldAfterMs = performance.now() - madeAtMs
    const settled = await progressOf(place)
    const { status } = await fetch(`${service.url}/readyz`)
    assert.equal(status, 503)
    await end()
    await waitUntil(async () => (await progressOf(place)) > settled + RATE, {
      deadlineMs: RECOVERS_WITHIN_MS,
      what: 'it stores orders again',
    })
    await waitUntil(async () => (await fetch(`${service.url}/readyz`)).status === 200, {
      deadlineMs: RECOVERS_WITHIN_MS,
      what: 'it is ready again',
    })
    return { events, heldAfterMs }
  }

  it('connections that are exhausted hold, and it resumes by itself', async () => {
    await trouble(
      'database_unreachable',
      async () => {
        await query(place.dsn, `alter role ${role} connection limit 0`)
        await endConnections()
      },
      () => query(place.dsn, `alter role ${role} connection limit -1`),
    )
  })

  it('a database that is read-only holds, and it resumes by itself', async () => {
    await trouble(
      'database_unreachable',
      async () => {
        await query(place.dsn, `alter role ${role} set default_transaction_read_only = on`)
        await endConnections()
      },
      () => query(place.dsn, `alter role ${role} reset default_transaction_read_only`),
    )
  })

  it('a full disk holds, and it resumes by itself', async () => {
    await trouble(
      'database_unreachable',
      () =>
        query(
          place.dsn,
          `create function full_disk() returns trigger language plpgsql as
             $$ begin raise exception 'no space' using errcode = '53100'; end $$;
           create trigger full_disk before insert on items execute function full_disk()`,
        ),
      () => query(place.dsn, 'drop function full_disk cascade'),
    )
  })

  it('a table that somebody locks holds, and it resumes by itself', async () => {
    const holder = new Client({ connectionString: place.dsn })
    await holder.connect()
    await trouble(
      'database_busy',
      () => holder.query('begin; lock table payment'),
      () => holder.end(),
      LOCKED_MS + 4_000,
    )
  })

  it('a column that is gone holds by name, and it resumes when it is back', async (t) => {
    const { events, heldAfterMs } = await trouble(
      'schema_mismatch',
      () => query(place.dsn, 'alter table items rename column brand to brand_gone'),
      () => query(place.dsn, 'alter table items rename column brand_gone to brand'),
    )
    t.diagnostic(`held after ${Math.round(heldAfterMs)} ms`)
    assert.ok(events.every(({ level }) => level === 'error'))
    assert.match(JSON.stringify(events), /column ..brand.. of relation ..items.. does not exist/)
  })

  it('none of it cost a record or an attempt, and the books balance', async () => {
    await load.stop()
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, load.acknowledged)
    const { dead_lettered: deadLettered, retried } = await sumsOf(place, place.group)
    assert.deepEqual([deadLettered, retried], [0, 0])
    assert.equal(await service.metric('orders_errors_total'), 0)
    assert.deepEqual(
      service.events.filter(({ event }) => event === 'partition_held_unclassified'),
      [],
    )
    await expectBalanced(place)
    assert.equal(await service.stop(), 0)
  })
})
