import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, ConfigResourceTypes, UserError } from '@platformatic/kafka'
import type { LogRange, TopicState } from '../pipeline/log.ts'
import { clientOptions, toNumber, type KafkaSettings } from './client.ts'

export interface TopicCreation {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

/** Questions about topics and their logs. Every answer comes from a broker, none from a cache. */
export interface Cluster extends AsyncDisposable {
  /** Undefined when there is no such topic. */
  topic(name: string): Promise<TopicState | undefined>
  /** Throws when the topic or the partition does not exist, or its leader can't be asked. */
  range(topic: string, partition: number): Promise<LogRange>
  /** Creates those that are missing, with the broker's default replication; returns the names it created. */
  createMissing(topics: readonly TopicCreation[]): Promise<string[]>
  /** Settings of a topic as they are in force, and how many replicas its partitions have at least. */
  describe(
    topic: string,
  ): Promise<{ readonly configs: ReadonlyMap<string, string>; readonly replicas: number }>
}

const EARLIEST = -2n
const LATEST = -1n
const BROKER_DEFAULT_REPLICAS = -1
const PROPAGATION_TRIES = 20
const PROPAGATION_MS = 100

/** Opens nothing yet: the first question connects. */
export function openCluster(settings: KafkaSettings, onError: (error: unknown) => void): Cluster {
  const admin = new Admin(clientOptions(settings))
  admin.on('error', onError)

  const exists = async (name: string): Promise<boolean> => (await admin.listTopics()).includes(name)

  const metadata = async (name: string) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name)
      } catch (error) {
        // The library reports an unknown topic by text alone; the list of names is an answer one can trust.
        if (!(await exists(name))) return undefined
        // Brokers learn of a new topic one after the other.
        if (attempt === PROPAGATION_TRIES) throw error
      }
      await sleep(PROPAGATION_MS)
    }
  }

  /** A topic that was just created is unknown to the brokers for a moment. */
  const appears = async (name: string): Promise<boolean> => {
    for (let attempt = 1; attempt <= PROPAGATION_TRIES; attempt++) {
      if ((await metadata(name)) !== undefined) return true
      await sleep(PROPAGATION_MS)
    }
    return false
  }

  const offsetAt = async (name: string, partition: number, timestamp: bigint) => {
    const answer = await admin.listOffsets({
      topics: [{ name, partitions: [{ partitionIndex: partition, timestamp }] }],
    })
    const found = answer[0]?.partitions[0]
    if (found === undefined) throw new UserError(`no offsets for ${name}-${partition} in the broker's answer`)
    return found
  }

  return {
    topic: async (name) => {
      const state = await metadata(name)
      return state && { id: state.id, partitionCount: state.partitionsCount }
    },
    range: async (name, partition) => {
      const [start, end] = await Promise.all([
        offsetAt(name, partition, EARLIEST),
        offsetAt(name, partition, LATEST),
      ])
      return { start: toNumber(start.offset), end: toNumber(end.offset), leaderEpoch: end.leaderEpoch }
    },
    createMissing: async (topics) => {
      const names = new Set(await admin.listTopics())
      const missing = topics.filter(({ name }) => !names.has(name))
      const created: string[] = []
      for (const { name, partitions, configs } of missing) {
        const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
        try {
          await admin.createTopics({
            topics: [name],
            partitions,
            replicas: BROKER_DEFAULT_REPLICAS,
            configs: entries,
          })
          created.push(name)
          await appears(name)
        } catch (error) {
          // Another instance may have been faster, so much so that nobody knows its topic yet.
          if (!(await appears(name))) throw error
        }
      }
      return created
    },
    describe: async (name) => {
      const state = await metadata(name)
      const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: name }]
      const [description] = await admin.describeConfigs({ resources })
      const configs = new Map((description?.configs ?? []).map((config) => [config.name, config.value ?? '']))
      return {
        configs,
        replicas: Math.min(...(state?.partitions ?? []).map(({ replicas }) => replicas.length)),
      }
    },
    [Symbol.asyncDispose]: () => admin.close(),
  }
}
