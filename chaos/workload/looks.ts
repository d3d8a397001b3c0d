import { Admin } from '@platformatic/kafka'
import { pause } from '../../src/producer/schedule.ts'
import type { OffsetLook } from '../checker/evidence.ts'
import type { System } from '../system/system.ts'
import { directDatabase, type DirectDatabase } from './direct-database.ts'

const LOOK_EVERY_MS = 500
const ANSWER_WITHIN_MS = 3_000

export interface Looks {
  /** No look is under way when it resolves. */
  stop(): Promise<readonly OffsetLook[]>
}

type LookPlace = Pick<System, 'brokers' | 'dsn' | 'topics' | 'group' | 'elapsedMs'>
type Committed = Omit<OffsetLook, 'atMs' | 'next'>

/**
 * Compares, all the while, Kafka's copies of the positions with the ledger. The copies are looked at first, so
 * that a commit in between can't make one look ahead of its ledger. A look that can't be finished counts not.
 */
export function startLooks(place: LookPlace): Looks {
  const looks: OffsetLook[] = []
  const database = directDatabase(place)
  let admin: Admin | undefined
  const stopping = new AbortController()

  const closeAdmin = async (): Promise<void> => {
    const left = admin
    admin = undefined
    await left?.close().catch(() => {})
  }

  const lookOn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        admin ??= openAdmin(place.brokers)
        const atMs = place.elapsedMs()
        const committed = await committedOffsets(admin, place)
        const positions = await ledgerPositions(database)
        for (const each of committed) looks.push({ atMs, ...each, next: positions.get(keyOf(each)) })
      } catch {
        // A server is away. What a client remembers of its brokers may be wrong by now.
        await closeAdmin()
      }
      await pause(LOOK_EVERY_MS, stopping.signal)
    }
  }

  const looking = lookOn()
  return {
    stop: async () => {
      stopping.abort()
      await looking
      await closeAdmin()
      await database[Symbol.asyncDispose]()
      return looks
    },
  }
}

function openAdmin(brokers: string): Admin {
  const admin = new Admin({
    clientId: 'sluice-chaos',
    bootstrapBrokers: brokers.split(','),
    retries: 0,
    connectTimeout: ANSWER_WITHIN_MS,
    timeout: ANSWER_WITHIN_MS,
  })
  admin.on('error', () => {})
  return admin
}

/** Ids are asked for first: a topic that is made anew afterwards has committed nothing yet. */
async function committedOffsets(admin: Admin, { topics, group }: LookPlace): Promise<Committed[]> {
  const groups = new Map([
    [group, topics.orders],
    [`${group}-retries`, topics.retries],
    [`${group}-dead-letters`, topics.deadLetters],
  ])
  const { topics: known } = await admin.metadata({ topics: [...groups.values()], forceUpdate: true })
  const answer = await admin.listConsumerGroupOffsets({
    groups: [...groups].map(([groupId, name]) => ({
      groupId,
      topics: [{ name, partitionIndexes: [...(known.get(name)?.partitions.keys() ?? [])] }],
    })),
  })
  return answer.flatMap(({ groupId, topics: itsTopics }) =>
    itsTopics.flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex: partition, committedOffset }) => {
        const topicId = known.get(name)?.id
        // -1: nothing is committed.
        if (topicId === undefined || committedOffset < 0n) return []
        return [{ group: groupId, topicId, partition, committed: Number(committedOffset) }]
      }),
    ),
  )
}

async function ledgerPositions(database: DirectDatabase): Promise<Map<string, number>> {
  const rows = await database.query<{
    group: string
    topicId: string
    partition: number
    next: string
  }>(
    `select consumer_group as "group", topic_id as "topicId", partition, next_offset as next from ledger`,
    [],
  )
  return new Map(rows.map((row) => [keyOf(row), Number(row.next)]))
}

function keyOf({ group, topicId, partition }: Pick<OffsetLook, 'group' | 'topicId' | 'partition'>): string {
  return `${group} ${topicId} ${partition}`
}
