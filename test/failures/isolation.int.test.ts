import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { classifyError } from '../../src/pipeline/classify.ts'
import { holdReasonOf } from '../../src/pipeline/failure.ts'
import { header } from '../pipeline/made-up-records.ts'
import { migratedDatabase, type MigratedDatabase } from '../postgres/migrated-database.ts'
import { recordOf, settlingOn, type Settling } from './settling.ts'

const LARGE = 1_000
/** Of a batch without a good one. A slow machine must get through it before isolation gives up. */
const REFUSED = 200

interface Place extends Settling {
  readonly database: MigratedDatabase
}

async function placeWith(t: TestContext, change: string): Promise<Place> {
  const database = await migratedDatabase(t)
  await database.rows(change)
  return { ...(await settlingOn(database)), database }
}

function records(prefix: string, count: number, changes: Parameters<typeof recordOf>[1] = {}) {
  return Array.from({ length: count }, (_, n) => recordOf(`${prefix}-${n}`, changes))
}

async function storedUids({ database }: Place): Promise<string[]> {
  const rows = await database.rows<{ order_uid: string }>('select order_uid from orders order by 1')
  return rows.map(({ order_uid: uid }) => uid)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}

const ONLY_POSITIVE = 'alter table orders add constraint only_positive check (sm_id > 0)'

test('one order that the database refuses leaves a batch of 1,000, which is stored', async (t) => {
  const place = await placeWith(t, ONLY_POSITIVE)
  await place.settle(records('warm', LARGE))
  const clean = await timed(() => place.settle(records('clean', LARGE)))
  const added: number[] = []
  for (const at of [0, 333, 999]) {
    const batch = records(`bad-${at}`, LARGE)
    batch[at] = recordOf(`refused-${at}`, { sm_id: 0 })
    const took = await timed(async () => {
      const { counts, deadLetters } = await place.settle(batch)
      assert.deepEqual(counts, { stored: 999, duplicates: 0, retried: 0, dead_lettered: 1 })
      assert.equal(deadLetters[0]?.item.record.key?.toString(), `refused-${at}`)
      assert.match(deadLetters[0]?.failure.message ?? '', /^23514: .*only_positive/)
    })
    added.push(Math.round(took - clean))
  }
  t.diagnostic(`a clean batch ${Math.round(clean)} ms; one bad order adds ${added.join(', ')} ms`)
  assert.equal(await place.nextOffset(), 5 * LARGE)
  assert.equal(place.canaries(), 3)
})

test('many orders that are refused leave their batch, however they lie', async (t) => {
  const place = await placeWith(t, ONLY_POSITIVE)
  const batch = records('good', LARGE)
  for (let at = 0; at < LARGE; at += 10) batch[at] = recordOf(`refused-${at}`, { sm_id: 0 })
  const took = await timed(async () => {
    const { counts } = await place.settle(batch)
    assert.deepEqual(counts, { stored: 900, duplicates: 0, retried: 0, dead_lettered: 100 })
  })
  t.diagnostic(`100 of 1,000 refused: ${Math.round(took)} ms`)
  const all = records('refused', REFUSED, { sm_id: 0 })
  const tookAll = await timed(async () => {
    assert.equal((await place.settle(all)).counts.dead_lettered, REFUSED)
  })
  t.diagnostic(`${REFUSED} of ${REFUSED} refused: ${Math.round(tookAll)} ms`)
})

test('a constraint that is checked at the commit is found within the batch', async (t) => {
  const place = await placeWith(
    t,
    `create function refuse() returns trigger language plpgsql as $$ begin
       if new.name = 'Refused' then raise exception 'no' using errcode = '23514', constraint = 'late'; end if;
       return null;
     end $$;
     create constraint trigger late after insert on delivery deferrable initially deferred
       for each row execute function refuse()`,
  )
  const batch = records('good', 20)
  const { delivery } = JSON.parse(String(batch[0]?.value))
  batch[7] = recordOf('refused', { delivery: { ...delivery, name: 'Refused' } })
  const { counts, deadLetters } = await place.settle(batch)
  assert.deepEqual(counts, { stored: 19, duplicates: 0, retried: 0, dead_lettered: 1 })
  assert.match(deadLetters[0]?.failure.message ?? '', /^23514: .*constraint late/)
  assert.equal((await storedUids(place)).length, 19)
})

test('a unique key that somebody added refuses the second order with its value, and no other', async (t) => {
  const place = await placeWith(t, 'create unique index one_track on orders (track_number)')
  const batch = [1, 2, 3, 2].map((track, n) => recordOf(`o-${n}`, { track_number: `track ${track}` }))
  const { deadLetters } = await place.settle(batch)
  assert.match(deadLetters[0]?.failure.message ?? '', /^23505: .*one_track/)
  assert.deepEqual(await storedUids(place), ['o-0', 'o-1', 'o-2'])
})

test('parts of an order that lie there without it refuse that order alone', async (t) => {
  const place = await placeWith(
    t,
    `alter table payment drop constraint payment_order_uid_fkey;
     insert into payment values ('o-2', '', '', 'USD', '', 0, 0, '', 0, 0, 0)`,
  )
  const { counts, deadLetters } = await place.settle(records('o', 5))
  assert.deepEqual([counts.stored, counts.dead_lettered], [4, 1])
  assert.match(deadLetters[0]?.failure.message ?? '', /^23505: .*payment_pkey/)
  assert.deepEqual(await storedUids(place), ['o-0', 'o-1', 'o-3', 'o-4'])
})

const CONFLICTS = `
  create sequence tries;
  create function conflict() returns trigger language plpgsql as $$ begin
    if new.entry = 'ALWAYS' or (new.entry = 'TWICE' and nextval('tries') <= 2)
    then raise exception 'secret' using errcode = '40001'; end if;
    return new;
  end $$;
  create trigger conflict before insert on orders for each row execute function conflict()`

test('what fails in passing is tried again in place; what goes on failing is sent to retry and shown, until it settles', async (t) => {
  const place = await placeWith(t, CONFLICTS)
  const { database } = place
  const waiting = () =>
    database.rows(
      `select source_offset::int, order_uid, retry, error_type, not_before > now() - interval '1 s' as due
       from retrying order by 1`,
    )
  const batch = [
    ...records('good', 4),
    recordOf('always', { entry: 'ALWAYS' }),
    recordOf('twice', { entry: 'TWICE' }),
  ]
  const first = await place.settle(batch)
  assert.deepEqual(first.counts, { stored: 5, duplicates: 0, retried: 1, dead_lettered: 0 })
  assert.deepEqual(
    place.produced.map(({ topic }) => topic),
    ['orders_retry'],
  )
  const shown = { order_uid: 'always', error_type: 'serialization_conflict', due: true }
  assert.deepEqual(await waiting(), [{ source_offset: 4, retry: 0, ...shown }])

  const back = (retry: number, offset: number) => ({
    ...recordOf('always', { entry: 'ALWAYS' }),
    headers: [
      header('retry', String(retry)),
      ...(place.produced.at(-1)?.headers.filter(([name]) => name.toString() !== 'retry') ?? []),
      header('source-offset', String(offset)),
    ],
  })
  await place.settle([back(1, 4)])
  assert.deepEqual(await waiting(), [{ source_offset: 6, retry: 1, ...shown }])
  const { deadLetters } = await place.settle([back(2, 6)])
  assert.equal(deadLetters[0]?.failure.type, 'retries_exhausted')
  assert.match(deadLetters[0]?.failure.message ?? '', /^all of 3 attempts .* serialization_conflict: 40001/)
  assert.deepEqual(await waiting(), [])
})

test('what nobody knows is sent to retry when the canary passes', async (t) => {
  const place = await placeWith(t, CONFLICTS.replace("using errcode = '40001'", ''))
  const { retries } = await place.settle([recordOf('a'), recordOf('b', { entry: 'ALWAYS' })])
  const { type, message } = retries[0]?.failure ?? {}
  assert.deepEqual([type, message], ['unclassified', 'unexpected: P0001'])
})

test('an order that somebody else is just storing and holds is sent to retry, and the others are stored', async (t) => {
  const place = await placeWith(t, 'select')
  const holder = await place.database.connect(t)
  await holder.query(`
    begin;
    insert into orders values ('o-1', '', '', '', '', '', '', '', 0, now(), '', '', now(), gen_random_uuid(), 0, 0)`)
  const { counts, retries } = await place.settle(records('o', 40))
  assert.deepEqual(counts, { stored: 39, duplicates: 0, retried: 1, dead_lettered: 0 })
  assert.equal(retries[0]?.failure.type, 'timeout')
  await holder.query('rollback')
})

for (const [what, change, reason] of [
  ['a check that nothing passes', 'alter table orders add check (false) not valid', 'failure_flood'],
  ['a column of another type', 'alter table payment alter amount type int using 1', 'failure_flood'],
  ['a column that is gone', 'alter table items drop column brand', 'schema_mismatch'],
  ['a table that is gone', 'drop table items', 'schema_mismatch'],
] as const)
  test(`${what} holds as ${reason}: nothing is stored, spent or dead-lettered`, async (t) => {
    const place = await placeWith(t, change)
    await assert.rejects(place.settle(records('o', 10)), (error) => {
      assert.equal(holdReasonOf(classifyError(error)), reason)
      return true
    })
    assert.deepEqual([place.produced.length, (await storedUids(place)).length], [0, 0])
    assert.equal(await place.nextOffset(), 0)
  })

test('the canary leaves nothing behind, and no connection', async (t) => {
  const place = await placeWith(t, ONLY_POSITIVE)
  await place.settle([recordOf('refused', { sm_id: 0 })])
  assert.equal(place.canaries(), 1)
  assert.deepEqual(await storedUids(place), [])
})
