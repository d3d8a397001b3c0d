import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseHeaders } from '../../src/pipeline/headers.ts'
import { readTopic } from '../kafka/topic-under-test.ts'
import { audit, progressOf, storedUids, sumsOf } from '../recovery/books.ts'
import { startLoad, type Load } from '../recovery/load.ts'
import { endsOf, placeOnSharedStack, query, type Place } from '../recovery/place.ts'
import { startServiceProcess, type ServiceUnderTest } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'

const RATE = 100
const BACKOFF_MS = 600_000

/** One order in thirty; the canary must pass, as it does where records are at fault. */
const isSome = (uid: string): string => `${uid} not like '#%' and hashtext(${uid}) % 30 = 0`

function trigger(name: string, condition: string, code: string): string {
  return `
    create function ${name}() returns trigger language plpgsql as $$ begin
      if ${condition} then raise exception 'secret' using errcode = '${code}'; end if;
      return new;
    end $$;
    create trigger ${name} before insert on orders for each row execute function ${name}()`
}

/** Without the retry role, so that what is sent to retry stays there to be looked at. */
describe('orders that the database refuses one by one', () => {
  const removals: (() => void | Promise<void>)[] = []
  let place: Place
  let service: ServiceUnderTest
  let load: Load

  before(async () => {
    const suite = { after: (undo: () => void | Promise<void>) => void removals.push(undo) }
    place = await placeOnSharedStack(suite)
    service = await startServiceProcess(suite, {
      ...place.environment,
      ROLES: 'orders,dead-letters,http',
      RETRY_BASE_MS: String(BACKOFF_MS),
      RETRY_CAP_MS: String(BACKOFF_MS),
    })
    load = startLoad(suite, place, { seed: place.orders, rate: RATE })
    await waitUntil(async () => (await progressOf(place)) > RATE, { deadlineMs: 20_000, what: 'it flows' })
  })
  after(async () => {
    for (const remove of removals.toReversed()) await remove()
  })

  async function waitFor(column: 'retried' | 'dead_lettered', count: number): Promise<void> {
    await waitUntil(async () => (await sumsOf(place, place.group))[column] >= count, {
      deadlineMs: 60_000,
      what: `${count} ${column}`,
    })
  }

  async function recordsBehind(): Promise<number> {
    const { ranges } = await endsOf(place, place.orders)
    return ranges.reduce((sum, { end }) => sum + end, 0) - (await progressOf(place))
  }

  it('go to retry when they fail in passing, with all that is to be said, while the others flow', async () => {
    await query(place.dsn, trigger('conflict', isSome('new.order_uid'), '40001'))
    await waitFor('retried', 20)
    await waitUntil(async () => (await recordsBehind()) < 2 * RATE, {
      deadlineMs: 60_000,
      what: 'it keeps up with the load meanwhile',
    })
    await query(place.dsn, 'drop function conflict cascade')
    assert.ok(service.events.some(({ event, retry }) => event === 'retry_produced' && retry === 0))
  })

  it('go to the dead letters when a check refuses them, and the others flow', async () => {
    await query(
      place.dsn,
      `alter table orders add constraint by_hand check (not (${isSome('order_uid')})) not valid`,
    )
    await waitFor('dead_lettered', 20)
    await query(place.dsn, 'alter table orders drop constraint by_hand')
    assert.deepEqual(
      service.events.filter(({ event }) => event === 'records_refused'),
      [],
    )
  })

  it('go to the dead letters with an alarm when they are all that comes, since the canary passes', async () => {
    const dead = (await sumsOf(place, place.group)).dead_lettered
    await query(place.dsn, `alter table orders add constraint flood check (order_uid like '#%') not valid`)
    await waitFor('dead_lettered', dead + RATE)
    await query(place.dsn, 'alter table orders drop constraint flood')
    const alarm = service.events.find(({ event }) => event === 'records_refused')
    assert.equal(alarm?.level, 'error')
    assert.equal(alarm?.['fingerprint'], 'rejected_by_database/23514/flood')
    assert.ok((await service.metric('orders_floods_total')) >= 1)
  })

  it('are all accounted for, counted once each, and none is in two places', async () => {
    await load.stop()
    // Nobody reads the topic of retries here, so not everything is ever settled.
    await waitUntil(async () => (await recordsBehind()) === 0, {
      deadlineMs: 60_000,
      what: 'orders are settled',
    })
    const { retried, dead_lettered: deadLettered } = await sumsOf(place, place.group)
    await waitUntil(
      async () => (await sumsOf(place, `${place.group}-dead-letters`)).archived === deadLettered,
      { deadlineMs: 60_000, what: 'all dead letters are archived' },
    )
    const stored = await storedUids(place)
    const retries = await readTopic(place.brokers, `${place.orders}-retry`)
    const letters = await query<{ uid: string; error_type: string; attempts: number }>(
      place.dsn,
      `select convert_from(key, 'UTF8') as uid, error_type, attempts from dlq`,
    )
    const uids = [...stored, ...retries.map(({ key }) => String(key)), ...letters.map(({ uid }) => uid)]
    const acknowledged = load.acknowledged.map(({ uid = '' }) => uid)
    assert.deepEqual(uids.toSorted(), acknowledged.toSorted())
    assert.deepEqual([retries.length, letters.length], [retried, deadLettered])
    for (const { error_type: type, attempts } of letters)
      assert.deepEqual([type, attempts], ['rejected_by_database', 1])

    const counted = await Promise.all([
      service.metric('orders_processed_total'),
      service.metric('orders_retry_total'),
      service.metric('orders_dlq_total'),
      service.metric('orders_errors_total', '"serialization_conflict"'),
      service.metric('orders_errors_total', '"rejected_by_database"'),
      service.metric('orders_errors_total'),
    ])
    assert.deepEqual(counted, [
      stored.size,
      retried,
      deadLettered,
      retried,
      deadLettered,
      retried + deadLettered,
    ])
    const { topicId } = await endsOf(place, place.orders)
    const waiting = await query<{ at: string; uid: string }>(
      place.dsn,
      `select concat_ws('/', source_topic_id, source_partition, source_offset) as at, order_uid as uid from retrying`,
    )
    const sources = retries.map(({ key, headers }) => {
      const {
        source,
        retry,
        notBeforeMs = 0,
        firstFailedAtMs = 0,
        malformed,
        ...parsed
      } = parseHeaders(headers)
      assert.deepEqual([retry, malformed, source?.topic, source?.topicId], [0, 0, place.orders, topicId])
      assert.deepEqual([parsed.errorType, parsed.errorStage], ['serialization_conflict', 'store'])
      assert.match(parsed.errorMessage ?? '', /^40001: /)
      const waitMs = notBeforeMs - firstFailedAtMs
      assert.ok(waitMs >= 0 && waitMs <= BACKOFF_MS, String(waitMs))
      return { at: `${source?.topicId}/${source?.partition}/${source?.offset}`, uid: String(key) }
    })
    const byPlace = (a: { at: string }, b: { at: string }): number => (a.at < b.at ? -1 : 1)
    assert.deepEqual(waiting.toSorted(byPlace), sources.toSorted(byPlace))
    const { exitCode, output } = await audit(place, '--deep')
    assert.equal(exitCode, 0, output)
    assert.equal(await service.stop(), 0)
  })
})
