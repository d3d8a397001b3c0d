import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import type { System } from '../system/system.ts'

const REPLICATED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 250

/** Resolves when all replicas of the topics are in sync again, so that the next broker may be lost. */
export async function waitUntilReplicated({ brokers, topics, stack }: System): Promise<void> {
  if (stack.kafka.nodes.length === 1) return
  const names = Object.values(topics)
  await using admin = openAdmin(brokers)
  const endMs = performance.now() + REPLICATED_WITHIN_MS
  for (;;) {
    const metadata = await admin.metadata({ topics: names, forceUpdate: true }).catch(() => undefined)
    const partitions = names.flatMap((name) => metadata?.topics.get(name)?.partitions ?? [])
    if (partitions.length > 0 && partitions.every(({ isr, replicas }) => isr.length === replicas.length))
      return
    if (performance.now() > endMs)
      throw new Error(`the replicas are not in sync ${REPLICATED_WITHIN_MS / 1000} s after the last fault`)
    await delay(LOOK_EVERY_MS)
  }
}

/** Asks brokers directly, past every proxy. */
export function openAdmin(brokers: string): Admin & AsyncDisposable {
  const admin = new Admin({
    clientId: 'chaos',
    bootstrapBrokers: brokers.split(','),
    retries: 5,
    timeout: 5_000,
  })
  admin.on('error', () => {}) // each answer that does not come rejects its question
  return Object.assign(admin, { [Symbol.asyncDispose]: () => admin.close().catch(() => {}) })
}
