import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { judge, type Verdict } from '../../chaos/checker/checks.ts'
import { collect } from '../../chaos/checker/collect.ts'
import { waitUntilSettled } from '../../chaos/checker/settled.ts'
import { createInstance, type Instance } from '../../chaos/system/instance.ts'
import { startLooks } from '../../chaos/workload/looks.ts'
import { startProducing, type Producing } from '../../chaos/workload/producing.ts'
import { startReaders } from '../../chaos/workload/readers.ts'
import { createTopic, placeOnSharedStack, query, withAdmin, type Place } from '../recovery/place.ts'
import { emptyFolder, waitUntil } from '../stack-under-test.ts'
import { PLANTED_BUGS, type Bug } from './bugs.ts'

const ENTRY = join(import.meta.dirname, 'serve-with-a-bug.ts')
const PLAN = { rate: 200, shares: { invalid: 0.05, duplicate: 0.05, conflict: 0.02 }, hostile: 0 }
const LIMITS = {
  settleMs: 20_000,
  drainMs: 10_000,
  peakResidentBytes: 2 ** 30,
  retries: 0,
  nearResetMs: 5_000,
  retention: false,
}
const ORDER_TABLES = ['orders', 'delivery', 'payment', 'items']
const SETTLED_WITHIN_MS = 20_000
const FLOWS_FOR_MS = 3_000

/** What a bug needs to do harm. */
interface Harm {
  readonly instances?: number
  /** Defences that would heal it, or stop it, are taken away. */
  readonly disarm?: (place: Place) => Promise<unknown>
  readonly disturb?: (around: Around) => Promise<unknown>
}

interface Around {
  readonly place: Place
  readonly instances: readonly Instance[]
  readonly producing: Producing
}

const HARM: Readonly<Partial<Record<Bug, Harm>>> = {
  'insert without key': { disarm: ({ dsn }) => query(dsn, ORDER_TABLES.map(withoutKey).join('; ')) },
  'fence removed': {
    instances: 2,
    disarm: ({ dsn }) => query(dsn, 'alter table ledger drop constraint ledger_balances'),
    disturb: ({ instances }) => freezeForLong(instances),
  },
  'ledger keyed by topic name': { disturb: ({ place, producing }) => createAnew(place, producing) },
}

describe('a bug that is planted in the service is caught', { concurrency: 3 }, () => {
  for (const { bug, caughtBy } of PLANTED_BUGS) {
    it(
      bug === 'none' ? 'and none is seen where there is none' : `${bug}: ${caughtBy.join(' and ')}`,
      async (test) => {
        const broken = (await run(test, bug, HARM[bug] ?? {})).filter(({ ok }) => !ok)
        for (const { name, findings } of broken) test.diagnostic(`${name}: ${findings[0]}`)
        const names = broken.map(({ name }) => name)
        const missed = caughtBy.filter((name) => !names.includes(name))
        assert.deepEqual(bug === 'none' ? names : missed, [], `caught by: ${names.join(', ')}`)
      },
    )
  }
})

function withoutKey(table: string): string {
  return `alter table ${table} drop constraint ${table}_pkey cascade`
}

/** Orders flow through a service with that bug, the fault that it needs happens, and then it is judged. */
async function run(test: TestContext, bug: Bug, harm: Harm): Promise<Verdict[]> {
  const place = await placeOnSharedStack(test)
  for (const topic of [place.orders, place.retries, place.deadLetters]) await createTopic(place, topic)
  const began = performance.now()
  const elapsedMs = (): number => performance.now() - began
  const folder = emptyFolder(test)
  await using started = new AsyncDisposableStack()
  const instances = Array.from({ length: harm.instances ?? 1 }, (_, index) =>
    started.use(
      createInstance({
        name: `instance ${index + 1}`,
        entry: ENTRY,
        folder,
        logFile: join(folder, `instance-${index + 1}.log`),
        environment: { ...place.environment, BUG: bug, LOG_LEVEL: 'info' },
        elapsedMs,
      }),
    ),
  )
  for (const instance of instances) instance.start()
  await waitUntil(() => instances.every(({ running }) => running), { deadlineMs: 30_000, what: 'they run' })
  await harm.disarm?.(place)

  const topics = { orders: place.orders, retries: place.retries, deadLetters: place.deadLetters }
  const system = { ...place, folder, topics, instances, elapsedMs }
  await using producing = await startProducing(system, { ...PLAN, seed: place.orders })
  const [readers, looks] = [startReaders(system, producing), startLooks(system)]
  await delay(FLOWS_FOR_MS)
  await harm.disturb?.({ place, instances, producing })
  const acknowledged = await producing.stop()
  const settledAfterMs = await waitUntilSettled(system, { deadlineMs: SETTLED_WITHIN_MS })
  const [reads, offsetLooks] = [await readers.stop(), await looks.stop()]
  const collected = await collect(system)
  await Promise.all(instances.map((instance) => instance.drain()))
  const stories = instances.map((instance) => instance.story())
  return judge(
    {
      ...collected,
      acknowledged,
      reads,
      looks: offsetLooks,
      instances: stories,
      resets: [],
      troubles: [],
      settledAfterMs,
    },
    LIMITS,
  )
}

function stores(instance: Instance): boolean {
  return (instance.story().lives.at(-1)?.metrics['orders_processed_total'] ?? 0) > 0
}

/** Longer than its session with Kafka: others own its partitions when it wakes with a batch in its hands. */
async function freezeForLong(instances: readonly Instance[]): Promise<void> {
  const [first] = instances
  await waitUntil(() => instances.every(stores), { deadlineMs: 30_000, what: 'both store' })
  first?.pause()
  await delay(13_000)
  first?.resume()
  await delay(2_000)
}

/** All was settled before, so that only a ledger that takes it for the old one loses anything. */
async function createAnew(place: Place, producing: Producing): Promise<void> {
  await producing.pause()
  await delay(1_000)
  await withAdmin(place, (admin) => admin.deleteTopics({ topics: [place.orders] }))
  await waitUntil(
    async () => !(await withAdmin(place, (admin) => admin.listTopics())).includes(place.orders),
    {
      deadlineMs: 10_000,
      what: 'the topic is gone',
    },
  )
  await createTopic(place, place.orders)
  const before = producing.acknowledged()
  producing.resume()
  await waitUntil(() => producing.acknowledged() > 2.2 * before, {
    deadlineMs: 30_000,
    what: 'there are more',
  })
}
