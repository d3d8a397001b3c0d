import { setTimeout as delay } from 'node:timers/promises'
import { waitUntilSettled } from '../checker/settled.ts'
import type { System } from '../system/system.ts'
import { openAdmin } from './brokers.ts'
import type { Arena, Fault } from './fault.ts'

const SETTLED_WITHIN_MS = 60_000
const CREATE_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 250

export const TOPIC_FAULTS: readonly Fault[] = [
  {
    name: 'topic of orders created anew',
    lane: 'servers',
    seconds: [0, 2],
    draw: () => ({ what: 'the topic of orders is deleted and created again', act: createAnew }),
  },
]

/**
 * What nobody has read is lost when its topic is deleted, and a copy of the database from before can't get back
 * what only that topic had: so it happens when all is settled, and whatever may be restored is taken anew.
 */
async function createAnew(
  { system, producing, reset, backUp, last }: Arena,
  lastMs: number,
): Promise<string | void> {
  await producing.pause()
  try {
    const settledAfterMs = await waitUntilSettled(system, { deadlineMs: SETTLED_WITHIN_MS })
    if (settledAfterMs === undefined) return 'left out: not all was settled in time'
    await system.stack.standby?.catchUp()
    await using admin = openAdmin(system.brokers)
    reset('topic anew')
    await admin.deleteTopics({ topics: [system.topics.orders] })
    await last(lastMs)
    await create(admin, system)
    reset('topic anew')
    await backUp()
  } finally {
    producing.resume()
  }
}

/** The broker refuses the name while it still deletes the old one. */
async function create(admin: ReturnType<typeof openAdmin>, system: System): Promise<void> {
  const topic = system.topics.orders
  const partitions = Number(system.environment['TOPIC_PARTITIONS'])
  const replicas = system.stack.kafka.nodes.length
  const endMs = performance.now() + CREATE_WITHIN_MS
  for (;;) {
    try {
      await admin.createTopics({ topics: [topic], partitions, replicas })
      return
    } catch (error) {
      if ((await admin.listTopics().catch((): string[] => [])).includes(topic)) return
      if (performance.now() > endMs) throw error
    }
    await delay(LOOK_EVERY_MS)
  }
}
