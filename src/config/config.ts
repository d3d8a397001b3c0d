import { contradictions, readTls, warningsOf } from './consistency.ts'
import { readSettings, readText } from './read.ts'
import { describeSettings, type SettingReport } from './report.ts'
import { isLoopback, type HttpAddress } from './rules.ts'
import type { Values } from './settings.ts'
import { chooseTargets, readLayers, type Environment, type Need } from './sources.ts'

export type Role = 'orders' | 'retries' | 'dead-letters' | 'http'

export interface KafkaTls {
  /** PEM texts, not paths. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/** Everything that can be configured, deeply frozen. `N` are the targets that are sure to be there. */
export interface Config<N extends Need = Need> {
  readonly kafka: {
    readonly brokers: 'kafka' extends N ? readonly string[] : readonly string[] | undefined
    readonly groupId: string
    readonly tls?: KafkaTls
    readonly sasl?: KafkaSasl
  }
  readonly topics: {
    readonly orders: string
    readonly retries: string
    readonly deadLetters: string
    /** Of topics that are missing at start. */
    readonly partitions: number
  }
  readonly database: { readonly dsn: 'database' extends N ? string : string | undefined }
  readonly http: HttpAddress
  readonly access: {
    readonly adminToken?: string
    readonly readToken?: string
    /** Whether reads and /metrics need no token. */
    readonly allowAnonymousReads: boolean
    /** Whether anybody may do everything: only where nobody else can reach the port, and without tokens. */
    readonly allowAnonymousChanges: boolean
  }
  readonly cache: { readonly maxBytes: number }
  /** `max` retries after the first attempt. */
  readonly retry: { readonly max: number; readonly baseMs: number; readonly capMs: number }
  readonly batch: { readonly maxRecords: number; readonly maxBytes: number; readonly lingerMs: number }
  readonly order: { readonly maxBytes: number; readonly crossFieldRules: 'warn' | 'reject' | 'off' }
  readonly roles: ReadonlySet<Role>
  readonly migrate: 'auto' | 'off'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly producer: { readonly delayMs: number }
  readonly drainTimeoutMs: number
  /** What `--print-config` shows. */
  readonly settings: readonly SettingReport[]
  /** What is allowed but looks like a mistake; to be logged. */
  readonly warnings: readonly string[]
}

export interface FoundTargets {
  /** `none`: nothing is configured and no stack runs here, so that `npm start` starts one. */
  readonly source: 'environment' | '.env' | 'stack' | 'none'
  readonly brokers?: readonly string[]
  readonly dsn?: string
}

/** Everything that is wrong with the configuration. No text in it holds a value. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n- ${problems.join('\n- ')}`,
    )
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

/**
 * Reads the environment, then `.env`, and for the targets that are needed also `.stack/stack.json`.
 * Throws one ConfigurationError with every problem.
 */
export function loadConfig<const N extends Need>(options: {
  readonly need: readonly N[]
  readonly env?: Environment
  readonly cwd?: string
}): Config<N> {
  const { need, env = process.env, cwd = process.cwd() } = options
  const problems: string[] = []
  const layers = readLayers(env, cwd, problems)
  const targets = chooseTargets(layers, cwd, need, problems)
  if (targets.source === 'none') problems.push(...need.map(missingTarget))
  const { values, settings } = readSettings(layers, targets, cwd, problems)
  problems.push(...contradictions(values))
  const tls = readTls(values, cwd, problems)
  if (!areComplete(values, problems)) throw new ConfigurationError(problems)
  const config: Config<never> = deepFreeze({
    ...assemble(values, tls),
    settings,
    warnings: warningsOf(values, layers),
  })
  if (!hasTargets(config, need)) throw new Error('a target that is needed is missing without a problem')
  return config
}

/**
 * Where the targets come from, for `npm start`. Throws a ConfigurationError when one of them is set alone
 * or can't be understood.
 */
export function findTargets(env: Environment = process.env, cwd: string = process.cwd()): FoundTargets {
  const problems: string[] = []
  const layers = readLayers(env, cwd, problems)
  const targets = chooseTargets(layers, cwd, ['kafka', 'database'], problems)
  const brokers = readText('KAFKA_BROKERS', targets.brokers, problems)
  const dsn = readText('DB_DSN', targets.dsn, problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
  return Object.freeze({ source: targets.source, ...(brokers && { brokers }), ...(dsn && { dsn }) })
}

/** Name, value and source of each setting, a line each, for `--print-config`. Secrets are masked. */
export function describeConfig(config: Pick<Config, 'settings'>): string {
  return describeSettings(config.settings)
}

function assemble(values: Values, tls: KafkaTls | undefined): Omit<Config<never>, 'settings' | 'warnings'> {
  const sasl = saslOf(values)
  return {
    kafka: {
      brokers: values.KAFKA_BROKERS,
      groupId: values.KAFKA_GROUP_ID,
      ...(tls && { tls }),
      ...(sasl && { sasl }),
    },
    topics: {
      orders: values.KAFKA_TOPIC,
      retries: values.RETRY_TOPIC,
      deadLetters: values.DLQ_TOPIC,
      partitions: values.TOPIC_PARTITIONS,
    },
    database: { dsn: values.DB_DSN },
    http: values.HTTP_ADDR,
    access: accessOf(values),
    cache: { maxBytes: values.CACHE_MB * 1_048_576 },
    retry: { max: values.RETRY_MAX, baseMs: values.RETRY_BASE_MS, capMs: values.RETRY_CAP_MS },
    batch: {
      maxRecords: values.BATCH_MAX_RECORDS,
      maxBytes: values.BATCH_MAX_BYTES,
      lingerMs: values.BATCH_LINGER_MS,
    },
    order: { maxBytes: values.MAX_ORDER_BYTES, crossFieldRules: values.CROSS_FIELD_RULES },
    roles: values.ROLES,
    migrate: values.MIGRATE,
    logLevel: values.LOG_LEVEL,
    producer: { delayMs: values.PRODUCER_DELAY },
    drainTimeoutMs: values.DRAIN_TIMEOUT_MS,
  }
}

/**
 * On an address that others can reach, nobody reads without a token unless that was asked for in so many
 * words, also when only the administrator's token is set.
 */
function accessOf(values: Values): Config['access'] {
  const { ADMIN_TOKEN: adminToken, READ_TOKEN: readToken } = values
  const local = isLoopback(values.HTTP_ADDR.host) && readToken === undefined
  return {
    ...(adminToken && { adminToken }),
    ...(readToken && { readToken }),
    allowAnonymousReads: values.ALLOW_ANONYMOUS === 'reads' || local,
    allowAnonymousChanges: local && adminToken === undefined,
  }
}

function saslOf(values: Values): KafkaSasl | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = values
  return mechanism && username && password ? { mechanism, username, password } : undefined
}

/** Without problems, every setting that has a default has a value. */
function areComplete(values: Partial<Values>, problems: readonly string[]): values is Values {
  return problems.length === 0
}

function hasTargets<N extends Need>(
  config: Config<never>,
  need: readonly N[],
): config is Config<never> & Config<N> {
  const given = { kafka: config.kafka.brokers, database: config.database.dsn }
  return need.every((target) => given[target] !== undefined)
}

function missingTarget(target: Need): string {
  const name = target === 'kafka' ? 'KAFKA_BROKERS' : 'DB_DSN'
  return `${name} is not set in the environment or in .env, and no stack runs here (npm run stack -- up starts one)`
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
