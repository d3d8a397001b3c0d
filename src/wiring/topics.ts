import type { Config } from '../config/config.ts'
import type { Cluster } from '../kafka/cluster.ts'
import type { Logger } from '../telemetry/logger.ts'
import { retentionMs } from './watch-retention.ts'

/** What our headers add to a record at most, with room to spare. */
const HEADER_ROOM_BYTES = 65_536
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
const DAY_MS = 86_400_000
/** Shorter than this, a long outage or a backup from last week costs records. */
const ADVISED_RETENTION_MS = 7 * DAY_MS

/** Creates the topics that are missing, now and never later, and warns of settings that endanger records. */
export async function prepareTopics(
  cluster: Cluster,
  { topics, retry }: Pick<Config, 'topics' | 'retry'>,
  log: Logger,
): Promise<void> {
  const roomy = { 'max.message.bytes': String(DEFAULT_MAX_MESSAGE_BYTES + HEADER_ROOM_BYTES) }
  const created = await cluster.createMissing([
    { name: topics.orders, partitions: topics.partitions, configs: {} },
    { name: topics.retries, partitions: topics.partitions, configs: roomy },
    { name: topics.deadLetters, partitions: topics.partitions, configs: roomy },
  ])
  for (const topic of created) log.info('topic_created', { topic, partitions: topics.partitions })
  const settings = await Promise.all(
    [topics.orders, topics.retries, topics.deadLetters].map(async (name) => ({
      name,
      ...(await cluster.describe(name)),
    })),
  )
  const [orders, retries, deadLetters] = settings
  if (orders === undefined || retries === undefined || deadLetters === undefined) return
  const alone = settings.filter(({ replicas }) => replicas === 1).map(({ name }) => name)
  if (alone.length > 0) {
    const problem = 'one replica: a lost disk loses acknowledged records'
    log.warn('topic_setting', {
      topic: alone.join(','),
      problem,
      advice: 'use 3 replicas and min.insync.replicas=2',
    })
  }
  for (const { name, configs } of settings) {
    const warn = (problem: string, advice: string): void =>
      log.warn('topic_setting', { topic: name, problem, advice })
    if (configs.get('cleanup.policy')?.includes('compact') === true) {
      warn(
        'cleanup.policy has compact, which deletes records that were not read',
        'set cleanup.policy=delete',
      )
    }
    const keptMs = retentionMs(configs) ?? Infinity
    if (keptMs < ADVISED_RETENTION_MS) {
      warn(
        `retention is ${(keptMs / DAY_MS).toFixed(1)} days`,
        'keep records for longer than any outage, and than the oldest backup you would restore',
      )
    }
    if (Number(configs.get('retention.bytes') ?? -1) >= 0) {
      warn(
        'retention.bytes deletes records however young they are, and nobody can tell when',
        'leave it at -1, and limit the age by retention.ms',
      )
    }
    if (name === topics.retries && keptMs < retry.capMs) {
      warn(
        'retention is shorter than the longest wait for a retry (RETRY_CAP_MS)',
        'raise retention.ms, or lower RETRY_CAP_MS',
      )
    }
  }
  const largest = maxMessageBytes(orders.configs)
  for (const { name, configs } of [retries, deadLetters]) {
    if (maxMessageBytes(configs) < largest + HEADER_ROOM_BYTES) {
      const problem = `max.message.bytes leaves no room for the headers of a record of ${topics.orders}`
      log.warn('topic_setting', {
        topic: name,
        problem,
        advice: `set it to at least ${largest + HEADER_ROOM_BYTES}`,
      })
    }
  }
}

function maxMessageBytes(configs: ReadonlyMap<string, string>): number {
  return Number(configs.get('max.message.bytes') ?? DEFAULT_MAX_MESSAGE_BYTES)
}
