import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { startService } from '../../src/main.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { foreignProducerOf } from '../kafka/fetch-under-test.ts'
import { expectEachAccountedFor, waitUntilSettled } from '../recovery/books.ts'
import { produce } from '../recovery/load.ts'
import { createTopic, placeOnSharedStack, query, withAdmin, type Place } from '../recovery/place.ts'
import { uniqueName } from '../stack-under-test.ts'
import { expectBalancedHere } from '../audit/balanced.ts'
import { FAULT_POINTS, needsRetries, type FaultPoint } from './fault-points.ts'

const ROOT = join(import.meta.dirname, '../..')
const PARTITIONS = 2
/** Enough of each for every partition. */
const SHARES = { invalid: 0.05, duplicate: 0.02, conflict: 0.03 }
const ENVIRONMENT = {
  TOPIC_PARTITIONS: String(PARTITIONS),
  RETRY_MAX: '1000',
  RETRY_BASE_MS: '50',
  RETRY_CAP_MS: '200',
}
const DIES_WITHIN_MS = 60_000
/** Points that are walked at the same time; they have nothing in common. */
const AT_ONCE = 3

/** Runs the service until it dies at the point; fails when it does not, or somewhere else. */
async function crash(test: TestContext, place: Place, { at, repeats }: FaultPoint): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'test/crash/serve-with-faults.ts')], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'] ?? '',
      HTTP_ADDR: '127.0.0.1:0',
      LOG_LEVEL: 'error',
      ...place.environment,
      CRASH_AT: at,
      CRASH_AFTER: repeats ? String(PARTITIONS) : '1',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  test.after(() => child.kill('SIGKILL'))
  const tooLong = setTimeout(() => child.kill('SIGTERM'), DIES_WITHIN_MS)
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(tooLong)
  assert.equal(signal, 'SIGKILL', `it did not die ${at}:\n${said}`)
  assert.match(said, new RegExp(`"event":"crash".*"point":"${at}"`))
}

/** As the broker would by itself, but only when the session of the dead one has run out. */
async function removeTheDead(place: Place): Promise<void> {
  await withAdmin(place, async (admin) => {
    for (const groupId of [place.group, `${place.group}-retries`, `${place.group}-dead-letters`])
      await admin.removeMembersFromConsumerGroup({ groupId }).catch(() => {})
  })
}

/** Offsets at the end of each partition that hold no record: the marker of a transaction. */
async function endWithAMarker(test: TestContext, { orders }: Place): Promise<void> {
  const transaction = await foreignProducerOf(test, uniqueName('marker')).beginTransaction()
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: orders,
    partition,
    value: Buffer.from('aborted'),
  }))
  await transaction.send({ messages })
  await transaction.abort()
}

/** From now on some orders fail as if another transaction were in the way, and are sent to retry again and again. */
async function failSome({ dsn }: Place): Promise<void> {
  await migrate(dsn, () => {})
  await query(
    dsn,
    `create function in_the_way() returns trigger language plpgsql as
       $$ begin raise exception 'could not serialize access' using errcode = '40001'; end $$;
     create trigger in_the_way before insert on orders for each row
       when (new.order_uid ~ '5$') execute function in_the_way()`,
  )
}

async function recover(place: Place): Promise<string> {
  let errors = ''
  const sink = { write: (line: string) => void (errors += line) }
  const config = loadConfig({
    need: ['kafka', 'database'],
    env: { HTTP_ADDR: '127.0.0.1:0', ...place.environment },
  })
  const service = await startService(config, createLogger({ level: 'error', sink }))
  try {
    await waitUntilSettled(place, 60_000)
  } finally {
    await service.drain()
  }
  return errors
}

describe('the service, killed', { concurrency: AT_ONCE }, () => {
  for (const point of FAULT_POINTS) {
    it(`${point.at}, loses nothing and doubles nothing`, async (test) => {
      const shared = await placeOnSharedStack(test)
      const place = {
        ...shared,
        environment: { ...shared.environment, ...ENVIRONMENT },
      }
      for (const topic of [place.orders, place.retries, place.deadLetters])
        await createTopic(place, topic, PARTITIONS)
      const troubled = needsRetries(point)
      if (troubled) await failSome(place)
      // Of two contents of an order that was tried again, another one may be the first to be stored.
      const shares = troubled ? { ...SHARES, conflict: 0 } : SHARES
      const seed = place.orders
      const acknowledged = [...(await produce(place, troubled ? 150 : 300, { seed, shares }))]
      if (point.at.endsWith('past no record')) await endWithAMarker(test, place)
      await crash(test, place, point)
      if (troubled) await query(place.dsn, 'drop trigger in_the_way on orders')
      acknowledged.push(...(await produce(place, 50, { seed: `${place.orders}-later` })))
      await removeTheDead(place)
      assert.equal(await recover(place), '')
      await expectEachAccountedFor(place, acknowledged)
      await expectBalancedHere(place)
    })
  }
})
