import { openCluster, type Cluster } from '../../src/kafka/cluster.ts'
import { query } from './database.ts'
import type { Role, TopicState } from './evidence.ts'

/** Where the evidence lies: addresses past every proxy. */
export interface Site {
  readonly dsn: string
  readonly brokers: string
  readonly topics: { readonly orders: string; readonly retries: string; readonly deadLetters: string }
  readonly group: string
}

interface RoleTopic {
  readonly role: Role
  readonly topic: string
  readonly group: string
}

function roleTopics({ topics, group }: Pick<Site, 'topics' | 'group'>): readonly RoleTopic[] {
  return [
    { role: 'orders', topic: topics.orders, group },
    { role: 'retries', topic: topics.retries, group: `${group}-retries` },
    { role: 'dead-letters', topic: topics.deadLetters, group: `${group}-dead-letters` },
  ]
}

/** A topic as it is now, by its id. */
export type TopicEnds = Pick<TopicState, 'topicId' | 'ranges'>

/** Throws when it is not there or can't be asked. */
export async function endsOf({ brokers }: Pick<Site, 'brokers'>, topic: string): Promise<TopicEnds> {
  await using cluster = clusterAt(brokers)
  return await endsIn(cluster, topic)
}

function clusterAt(brokers: string): Cluster {
  return openCluster({ brokers: brokers.split(','), clientId: 'chaos-checker' }, () => {})
}

async function endsIn(cluster: Cluster, topic: string): Promise<TopicEnds> {
  const state = await cluster.topic(topic)
  if (state === undefined) throw new Error(`there is no topic ${topic}`)
  const partitions = Array.from({ length: state.partitionCount }, (_, partition) => partition)
  const ranges = await Promise.all(partitions.map((partition) => cluster.range(topic, partition)))
  return { topicId: state.id, ranges: ranges.map(({ start, end }) => ({ start, end })) }
}

/** The topics of all roles as they are now. Throws when one is not there or can't be asked. */
export async function topicStates(site: Pick<Site, 'brokers' | 'topics' | 'group'>): Promise<TopicState[]> {
  await using cluster = clusterAt(site.brokers)
  const states: TopicState[] = []
  for (const { role, topic, group } of roleTopics(site))
    states.push({ role, group, ...(await endsIn(cluster, topic)) })
  return states
}

/** How far a system is from rest. */
export interface Motion {
  /** Records that no row of the ledger has passed yet. */
  readonly lag: number
  /** Records of topics that are gone, which will be booked as expired. */
  readonly gone: number
  /** Sum of the positions of present topics. */
  readonly settled: number
  /** Changes with every record that is produced or settled. */
  readonly mark: number
}

export async function lookAtMotion(site: Site): Promise<Motion> {
  const states = await topicStates(site)
  const rows = await query<{
    group: string
    topic_id: string
    partition: number
    next: number
    seen: number
  }>(
    site.dsn,
    `select consumer_group as "group", topic_id, partition, next_offset::float8 as next, seen_end::float8 as seen
     from ledger where consumer_group = any ($1::text[])`,
    [states.map(({ group }) => group)],
  )
  const next = new Map(rows.map((row) => [`${row.group}/${row.topic_id}/${row.partition}`, row.next]))
  const present = new Set(states.map(({ topicId }) => topicId))
  let lag = 0
  let settled = 0
  let mark = 0
  for (const { group, topicId, ranges } of states) {
    for (const [partition, { start, end }] of ranges.entries()) {
      const position = next.get(`${group}/${topicId}/${partition}`) ?? start
      lag += end - position
      settled += position
      mark += end + position
    }
  }
  const unread = rows
    .filter((row) => !present.has(row.topic_id))
    .map((row) => Math.max(0, row.seen - row.next))
  return { lag, settled, mark, gone: unread.reduce((sum, records) => sum + records, 0) }
}
