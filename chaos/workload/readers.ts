import { contentHash } from '../../src/order/content-hash.ts'
import { pause } from '../../src/producer/schedule.ts'
import type { Read } from '../checker/evidence.ts'
import type { Instance } from '../system/instance.ts'
import type { System } from '../system/system.ts'
import { directDatabase } from './direct-database.ts'
import type { Producing } from './producing.ts'
import { keptReads } from './kept-reads.ts'

/** Reads under way at most: so many can wait for instances that do not answer. */
const READERS = 16
const READS_PER_SECOND = 50
/** Of one reader. */
const BETWEEN_READS_MS = (READERS * 1_000) / READS_PER_SECOND
const ANSWER_WITHIN_MS = 5_000
const SHARE_NEVER_PRODUCED = 0.1
/** Of the answers of 200, after which the database is asked. */
const SHARE_COMPARED = 0.3
const HAS_ORDER = 'select exists(select from orders where order_uid = $1) as stored'

export interface Readers {
  /** No read is under way when it resolves. Of ordinary reads, a choice; of all others, every one. */
  stop(): Promise<readonly Read[]>
}

/** Asks running instances for orders, whatever happens to them. */
export function startReaders(
  system: Pick<System, 'instances' | 'dsn' | 'elapsedMs'>,
  producing: Pick<Producing, 'recent'>,
): Readers {
  const database = directDatabase(system)
  const kept = keptReads()
  const stopping = new AbortController()
  let unknown = 0

  const pickUid = (): string | undefined =>
    Math.random() < SHARE_NEVER_PRODUCED ? `never-produced-${unknown++}` : producing.recent()

  const readOnce = async (): Promise<void> => {
    const instance = pick(system.instances.filter(({ running }) => running))
    const uid = pickUid()
    if (instance?.url === undefined || uid === undefined) return
    const answer = await ask(instance, uid)
    const atMs = system.elapsedMs()
    const stored = answer.status === 200 && Math.random() < SHARE_COMPARED ? await isStored(uid) : undefined
    kept.add({
      atMs,
      instance: instance.name,
      uid,
      ...answer,
      ...(stored !== undefined && { stored }),
    })
  }

  const isStored = async (uid: string): Promise<boolean | undefined> => {
    try {
      return (await database.query<{ stored: boolean }>(HAS_ORDER, [uid]))[0]?.stored
    } catch {
      return undefined
    }
  }

  const readOn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const beganMs = performance.now()
      await readOnce()
      await pause(Math.max(1, beganMs + BETWEEN_READS_MS - performance.now()), stopping.signal)
    }
  }

  const readers = Array.from({ length: READERS }, readOn)
  return {
    stop: async () => {
      stopping.abort()
      await Promise.all(readers)
      await database[Symbol.asyncDispose]()
      return kept.all()
    },
  }
}

async function ask({ url }: Instance, uid: string): Promise<Pick<Read, 'status' | 'body'>> {
  try {
    const response = await fetch(`${url}/orders/${uid}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (response.status !== 200) return { status: response.status }
    return { status: 200, body: contentHash(bytes).toString('hex') }
  } catch {
    return { status: 'failed' }
  }
}

function pick<T>(values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)]
}
