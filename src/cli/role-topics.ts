import type { AuditedTopic } from '../audit/reading.ts'
import type { Config } from '../config/config.ts'

/** What each role reads, and in whose name; whether it runs here or anywhere does not matter. */
export function roleTopics({ kafka, topics }: Config): AuditedTopic[] {
  const { groupId } = kafka
  return [
    { role: 'orders', topic: topics.orders, consumerGroup: groupId },
    { role: 'retries', topic: topics.retries, consumerGroup: `${groupId}-retries` },
    { role: 'dead-letters', topic: topics.deadLetters, consumerGroup: `${groupId}-dead-letters` },
  ]
}
