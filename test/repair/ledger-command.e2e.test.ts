import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { runCommand, type Outcome } from '../journey/run-command.ts'
import { fetchLoopOf, readerOf, takeUntil } from '../kafka/fetch-under-test.ts'
import { damageBatch, giveUnknownCodec } from '../kafka/log-on-disk.ts'
import {
  audit,
  expectBalanced,
  expectEachAccountedFor,
  ledgerOf,
  storedUids,
  sumsOf,
  waitUntilSettled,
} from '../recovery/books.ts'
import { MIXED, produce } from '../recovery/load.ts'
import { createTopic, endsOf, PARTITIONS, placeOnSharedStack, query, type Place } from '../recovery/place.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'

const BAD = 0

function ledger({ environment }: Pick<Place, 'environment'>, ...args: string[]): Promise<Outcome> {
  return runCommand('ledger', args, environment)
}

/** As the command is called to move the books of one partition. */
function move(place: Place, name: string, partition: number, ...args: string[]): Promise<Outcome> {
  const where = ['--topic', place.orders, '--partition', String(partition)]
  return ledger(place, name, ...where, '--reason', 'ticket 4711', ...args)
}

interface AuditEntry {
  readonly action: string
  readonly subject: string
  readonly reason: string
  readonly actor: string
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

function auditLog({ dsn }: Place): Promise<AuditEntry[]> {
  return query<AuditEntry & Record<string, unknown>>(
    dsn,
    'select action, subject, reason, actor, before, after from audit_log order by id',
  )
}

async function uidsIn(test: TestContext, { orders }: Place, from: number, to: number): Promise<Set<string>> {
  const reader = await readerOf(test, fetchLoopOf(test), { topic: orders, partition: BAD, offset: from })
  const records = await takeUntil(reader, to)
  reader.close()
  return new Set(records.filter(({ offset }) => offset < to).map(({ key }) => String(key)))
}

async function endOf(place: Place, partition: number): Promise<number> {
  return (await endsOf(place, place.orders)).ranges[partition]?.end ?? 0
}

async function waitUntilHeldAt(service: ServiceUnderTest, first: number): Promise<string> {
  const isIt = (text: string): boolean => text.includes(`offsets ${first} to `)
  return await waitUntil(
    () =>
      service.events
        .filter(({ event, level }) => event === 'partition_held_unreadable' && level === 'error')
        .map(({ error }) => JSON.stringify(error))
        .find(isIt),
    { deadlineMs: 20_000, what: `the partition is held at ${first}` },
  )
}

async function waitUntilReady({ url }: ServiceUnderTest): Promise<void> {
  await waitUntil(async () => (await fetch(`${url}/readyz`)).status === 200, {
    deadlineMs: 30_000,
    what: 'the service is ready',
  })
}

describe('a batch that can not be read', () => {
  it('holds its partition with an alarm that names it, and is passed over exactly; everything else flows', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const before = await produce(place, 400, { seed: `${place.orders}-1` })
    const first = await endOf(place, BAD)
    const during = await produce(place, 400, { seed: `${place.orders}-2` })
    const second = await endOf(place, BAD)
    const between = await produce(place, 400, { seed: `${place.orders}-3` })
    const third = await endOf(place, BAD)
    const after = await produce(place, 400, { seed: `${place.orders}-4` })
    const lost = await uidsIn(test, place, first, third)
    const elsewhere = (records: typeof before) => records.filter(({ uid = '' }) => !lost.has(uid))
    assert.deepEqual(await damageBatch(place.brokers, place.orders, BAD, first), { first, to: second })
    await giveUnknownCodec(place.brokers, place.orders, BAD, second)

    const service = await startServiceProcess(test, place.environment)
    assert.match(
      await waitUntilHeldAt(service, first),
      new RegExp(`batch of ${place.orders}-0 with offsets ${first} to ${second - 1} .*checksum is wrong`),
    )
    await waitUntil(
      async () => {
        const label = `topic="${place.orders}"`
        const held = await service.metric('orders_lag_records', `${label},partition="${BAD}"`)
        return held > 0 && (await service.metric('orders_lag_records', label)) === held
      },
      { deadlineMs: 15_000, what: 'the other partitions are settled' },
    )
    assert.equal(await service.metric('orders_held_partitions', 'unreadable'), 1)

    const still = await ledgerOf(place)
    const planned = await move(place, 'skip', BAD, '--batch', '--dry-run')
    assert.deepEqual([planned.code, planned.stdout], [0, 'nothing was changed\n'])
    assert.match(
      planned.stderr,
      new RegExp(`offsets ${first} to ${second - 1} are passed over: ${second - first} of them`),
    )
    assert.deepEqual(await ledgerOf(place), still)

    const done = await move(place, 'skip', BAD, '--batch', '--json')
    assert.equal(done.code, 0, done.stderr)
    const { from, nextOffset, changes, dryRun } = JSON.parse(done.stdout) as Record<string, unknown>
    assert.deepEqual(
      { from, nextOffset, changes, dryRun },
      { from: first, nextOffset: second, changes: { skipped: second - first }, dryRun: false },
    )
    assert.match(await waitUntilHeldAt(service, second), /codec 5 is unknown/)
    assert.equal((await move(place, 'skip', BAD, '--batch')).code, 0)

    await waitUntilSettled(place)
    await waitUntilReady(service)
    await expectEachAccountedFor(place, [...before, ...elsewhere(during), ...elsewhere(between), ...after])
    assert.equal((await sumsOf(place, place.group)).skipped, third - first)
    const entries = await auditLog(place)
    assert.deepEqual(
      entries.map(({ action, subject, reason }) => ({ action, subject, reason })),
      [first, second].map(() => ({ action: 'skip', subject: `${place.orders}-0`, reason: 'ticket 4711' })),
    )
    assert.deepEqual(
      entries.map(({ before: earlier, after: later }) => [earlier['next_offset'], later['next_offset']]),
      [
        [first, second],
        [second, third],
      ],
    )
    assert.ok(entries.every(({ actor }) => actor !== ''))
    const { exitCode, output } = await audit(place, '--settled', '--deep')
    assert.equal(exitCode, 0, output)
    assert.match(output, new RegExp(`${third - first} records were passed over by an operator`))
    assert.equal(await service.stop(), 0)
  })
})

describe('reading again on purpose', () => {
  it('gives duplicates of what is there and stores what is not, under a service that runs', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    const acknowledged = await produce(place, 500, { seed: place.orders, shares: MIXED })
    const service = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    const earlier = await sumsOf(place, place.group)
    const total = (await endsOf(place, place.orders)).ranges.reduce((sum, { end }) => sum + end, 0)

    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
    const moves = partitions.map((partition) => move(place, 'rewind', partition, '--to', 'start'))
    for (const { code, stderr } of await Promise.all(moves)) {
      assert.equal(code, 0, stderr)
      assert.match(stderr, /offsets 0 to \d+ are read again/)
    }
    await waitUntilSettled(place)
    const again = await sumsOf(place, place.group)
    assert.deepEqual(again, {
      ...earlier,
      duplicates: earlier.duplicates + total - earlier.dead_lettered,
      dead_lettered: 2 * earlier.dead_lettered,
      rewound: total,
    })
    await expectEachAccountedFor(place, acknowledged)

    // Two orders of one partition get lost, and are counted once when they are there again.
    const [victims] = await query<{ partition: number; uids: string[] }>(
      place.dsn,
      `select source_partition as partition, (array_agg(order_uid))[1:2] as uids from orders group by 1 limit 1`,
    )
    assert.ok(victims)
    const { partition, uids } = victims
    await query(place.dsn, 'delete from orders where order_uid = any ($1)', [uids])
    const taken = await move(place, 'rewind', partition, '--to', 'start', '--take-back', 'stored=2')
    assert.equal(taken.code, 0, taken.stderr)
    await waitUntilSettled(place)
    await expectEachAccountedFor(place, acknowledged)
    await expectBalanced(place)

    // One that shall not come back.
    await query(place.dsn, 'delete from orders where order_uid = $1', [uids[0]])
    assert.equal((await audit(place)).exitCode, 1)
    assert.equal((await move(place, 'deleted', partition, '--rows', '1')).code, 0)
    assert.equal((await audit(place)).exitCode, 0)
    assert.deepEqual(
      (await auditLog(place)).map(({ action }) => action),
      [...Array.from({ length: PARTITIONS }, () => 'rewind'), 'rewind', 'deleted'],
    )
    assert.equal(await service.stop(), 0)
  })
})

describe('npm run ledger', () => {
  it('shows where the books stand, and refuses what would be wrong without changing anything', async (test) => {
    const place = await placeOnSharedStack(test)
    await createTopic(place, place.orders)
    await produce(place, 200, { seed: place.orders, shares: MIXED })
    const service = await startServiceProcess(test, place.environment)
    await waitUntilSettled(place)
    await service.stop()
    const still = await ledgerOf(place)
    const nowhere = { environment: { ...place.environment, DB_DSN: 'postgresql://a:b@127.0.0.1:1/c' } }

    const shown = await ledger(place, 'status')
    assert.equal(shown.code, 0, shown.stderr)
    assert.match(shown.stdout, /^group +topic +partition +next +log start +log end +lag +stored/)
    assert.equal(shown.stdout.trim().split('\n').length, 1 + 3 * PARTITIONS)
    const { partitions } = JSON.parse((await ledger(place, 'status', '--json')).stdout) as {
      partitions: { topic: string; nextOffset: number; lag: number; counts: Record<string, number> }[]
    }
    const orders = partitions.filter(({ topic }) => topic === place.orders)
    assert.equal(
      orders.reduce((sum, { counts }) => sum + (counts['stored'] ?? 0), 0),
      (await storedUids(place)).size,
    )
    assert.ok(orders.every(({ lag }) => lag === 0))

    await produce(place, 100, { seed: `${place.orders}-more` })
    const refused = [
      [1, /can be read; the service settles it by itself/, move(place, 'skip', 0, '--batch')],
      [1, /the log ends at/, move(place, 'skip', 0, '--to', '1000000')],
      [1, /has the partitions 0 to 3/, move(place, 'rewind', 4, '--to', 'start')],
      [2, /one of --to and --batch/, move(place, 'skip', 0)],
      [2, /none of the topics/, move({ ...place, orders: 'other' }, 'skip', 0, '--to', '1')],
      [3, /can't use PostgreSQL/, ledger(nowhere, 'status')],
    ] as const
    for (const [code, text, running] of refused) {
      const outcome = await running
      assert.match(outcome.stderr, text)
      assert.equal(outcome.code, code)
    }
    assert.deepEqual(await ledgerOf(place), still)
    assert.deepEqual(await auditLog(place), [])
  })
})
