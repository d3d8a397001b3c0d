import * as rules from './rules.ts'
import type { Rule } from './rules.ts'

export interface Setting<T> {
  readonly rule: Rule<T>
  /** As it would be written in the environment. Without it, the setting may be absent. */
  readonly default?: string
  readonly about: string
  /** Never printed. `url` shows all but its password. Each has a twin NAME_FILE that names a file. */
  readonly secret?: 'whole' | 'url'
}

const SEVEN_DAYS_MS = 604_800_000

/** Every variable that Sluice reads, in the order in which it is printed. */
export const SETTINGS = {
  KAFKA_BROKERS: { rule: rules.brokerList, about: 'Kafka brokers' },
  KAFKA_TOPIC: { rule: rules.topicName, default: 'orders', about: 'topic of orders' },
  RETRY_TOPIC: { rule: rules.topicName, default: 'orders_retry', about: 'topic of waiting retries' },
  DLQ_TOPIC: { rule: rules.topicName, default: 'orders_dlq', about: 'topic of dead letters' },
  TOPIC_PARTITIONS: {
    rule: rules.wholeNumber(1, 10_000),
    default: '4',
    about: 'partitions of a topic that is missing at start',
  },
  KAFKA_GROUP_ID: { rule: rules.groupId, default: 'orders-group', about: 'consumer group' },
  KAFKA_TLS: { rule: rules.yesOrNo, default: 'false', about: 'encrypt connections to Kafka' },
  KAFKA_TLS_CA_FILE: { rule: rules.anyText, about: 'PEM file with the authority that signed the brokers' },
  KAFKA_TLS_CERT_FILE: { rule: rules.anyText, about: 'PEM file with our certificate (mutual TLS)' },
  KAFKA_TLS_KEY_FILE: { rule: rules.anyText, about: 'PEM file with the key of our certificate' },
  KAFKA_SASL_MECHANISM: {
    rule: rules.oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'),
    about: 'how to sign in to Kafka',
  },
  KAFKA_SASL_USERNAME: { rule: rules.anyText, about: 'user for Kafka' },
  KAFKA_SASL_PASSWORD: { rule: rules.anyText, secret: 'whole', about: 'password for Kafka' },
  DB_DSN: { rule: rules.databaseUrl, secret: 'url', about: 'PostgreSQL database' },
  MIGRATE: { rule: rules.oneOf('auto', 'off'), default: 'auto', about: 'apply migrations at start' },
  ROLES: {
    rule: rules.setOf('orders', 'retries', 'dead-letters', 'http'),
    default: 'orders,retries,dead-letters,http',
    about: 'what this instance does; probes and /metrics are always served',
  },
  HTTP_ADDR: {
    rule: rules.httpAddress,
    default: '127.0.0.1:8080',
    about: 'address to serve on; :8080 means every address',
  },
  ADMIN_TOKEN: { rule: rules.token, secret: 'whole', about: 'bearer token for changes (and reads)' },
  READ_TOKEN: { rule: rules.token, secret: 'whole', about: 'bearer token for reads and /metrics' },
  ALLOW_ANONYMOUS: { rule: rules.oneOf('reads'), about: 'reads: let anybody read, on any address' },
  CACHE_MB: { rule: rules.wholeNumber(0, 65_536), default: '128', about: 'cache of orders, MiB; 0 is none' },
  CROSS_FIELD_RULES: {
    rule: rules.oneOf('warn', 'reject', 'off'),
    default: 'warn',
    about: 'what to do with an order whose fields contradict each other',
  },
  MAX_ORDER_BYTES: {
    rule: rules.wholeNumber(1_024, 67_108_864),
    default: '1048576',
    about: 'a larger record is a dead letter',
  },
  BATCH_MAX_RECORDS: { rule: rules.wholeNumber(1, 100_000), default: '2000', about: 'records in one batch' },
  BATCH_MAX_BYTES: {
    rule: rules.wholeNumber(1_024, 268_435_456),
    default: '4194304',
    about: 'bytes in one batch',
  },
  BATCH_LINGER_MS: {
    rule: rules.wholeNumber(0, 60_000),
    default: '15',
    about: 'how long a batch that is not full waits for more, ms',
  },
  RETRY_MAX: { rule: rules.wholeNumber(0, 1_000), default: '10', about: 'retries after the first attempt' },
  RETRY_BASE_MS: { rule: rules.wholeNumber(1, SEVEN_DAYS_MS), default: '1000', about: 'first backoff, ms' },
  RETRY_CAP_MS: {
    rule: rules.wholeNumber(1, SEVEN_DAYS_MS),
    default: '300000',
    about: 'longest backoff, ms',
  },
  PRODUCER_DELAY: {
    rule: rules.wholeNumber(0, 86_400_000),
    default: '5000',
    about: 'pause of the demonstration producer between two orders, ms',
  },
  DRAIN_TIMEOUT_MS: {
    rule: rules.wholeNumber(0, 600_000),
    default: '9000',
    about: 'how long stopping may take before what is in flight is dropped, ms',
  },
  LOG_LEVEL: {
    rule: rules.oneOf('debug', 'info', 'warn', 'error'),
    default: 'info',
    about: 'least important log line that is written',
  },
} as const satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof SETTINGS

type ValueOf<S> = S extends Setting<infer T> ? (S extends { default: string } ? T : T | undefined) : never

/** The value of each setting, once all of them were found to be allowed. */
export type Values = { readonly [N in SettingName]: ValueOf<(typeof SETTINGS)[N]> }

export const SETTING_NAMES = Object.keys(SETTINGS).filter(isSettingName)

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name]
}
