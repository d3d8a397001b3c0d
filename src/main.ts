import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config } from './config/config.ts'
import type { KafkaSettings } from './kafka/client.ts'
import { openCluster } from './kafka/cluster.ts'
import { openProducer } from './kafka/producer.ts'
import type { RunningRole } from './pipeline/role.ts'
import { sendCanary } from './postgres/canary.ts'
import { summarizeBooks } from './postgres/books.ts'
import { openPool } from './postgres/database.ts'
import { readDatabaseAge } from './postgres/database-age.ts'
import { deadLettersTransaction } from './postgres/dead-letters.ts'
import { checkSchema, migrate } from './postgres/migrate.ts'
import { ordersTransactions } from './postgres/orders.ts'
import { countEvents, limitRepeats, type Logger } from './telemetry/logger.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { openCircuits } from './wiring/circuits.ts'
import { watchBooks } from './wiring/books.ts'
import { startCache } from './wiring/cache.ts'
import { startDeadLettersRole } from './wiring/dead-letters.ts'
import { cacheFiller } from './wiring/fill-cache.ts'
import { startHttp } from './wiring/http.ts'
import { countHeldSeconds, showBooks } from './wiring/observation.ts'
import { namingDatabase, namingKafka } from './wiring/naming-targets.ts'
import { startOrdersRole } from './wiring/orders.ts'
import { startRetries } from './wiring/retries.ts'
import { withinMemory } from './wiring/small-memory.ts'
import { openRoleParts } from './wiring/role-parts.ts'
import { createProgress } from './wiring/progress.ts'
import { prepareTopics } from './wiring/topics.ts'
import { watchRestores } from './wiring/watch-restores.ts'
import { watchRetention } from './wiring/watch-retention.ts'
import { VERSION } from './version.ts'

export interface Service {
  /** Where HTTP answers, as this machine reaches it. */
  readonly url: string
  /**
   * Says that it is not ready, ends the batches in flight, commits, and closes in the reverse order of
   * opening. Nothing of what was settled is lost when it is not called; it only ends sooner for others.
   */
  drain(): Promise<void>
}

const INGEST_CONNECTIONS = 8
const READ_CONNECTIONS = 4
/** A dead letter that is not acknowledged by then rolls its batch back: no transaction waits for longer. */
const PRODUCE_WITHIN_MS = 2_000
const BOOKS_EVERY_MS = 10_000
const HELD_TICK_MS = 1_000
const PROGRESS_EVERY_MS = 5_000

/**
 * Opens everything and starts the roles. Resolves when HTTP answers; rejects with what could not be
 * opened, after closing what had been.
 */
export async function startService(given: Config<'kafka' | 'database'>, logger: Logger): Promise<Service> {
  const config = withinMemory(given)
  await using opening = new AsyncDisposableStack()
  const metrics = createMetrics({ version: VERSION, runtime: true })
  const log = countEvents(limitRepeats(logger), (event) => metrics.logEvents.inc({ class: event }))
  const instanceId = `${hostname()}/${randomUUID()}`
  for (const warning of config.warnings) log.warn('configuration', { warning })

  const { dsn } = config.database
  if (config.migrate === 'off') await namingDatabase(dsn, checkSchema(dsn))
  else {
    const migrating = migrate(dsn, (text) => log.warn('migration', { text }))
    for (const name of await namingDatabase(dsn, migrating)) log.info('migrated', { name })
  }
  const openDatabase = (maxConnections: number, part: string) =>
    opening.adopt(
      openPool({ dsn, maxConnections, applicationName: `sluice-${part}` }, (error) =>
        log.warn('database_connection_lost', { error }),
      ),
      (pool) => pool.end(),
    )
  const ingestPool = openDatabase(INGEST_CONNECTIONS, 'ingest')
  const readPool = openDatabase(READ_CONNECTIONS, 'read')

  const kafka: KafkaSettings = { clientId: 'sluice', ...config.kafka }
  const trouble = (error: unknown): void => log.warn('kafka_client_error', { error })
  const cluster = opening.use(openCluster(kafka, trouble))
  await namingKafka(kafka.brokers, prepareTopics(cluster, config, log))
  const producer = opening.adopt(
    openProducer(kafka, { onError: trouble, giveUpAfterMs: PRODUCE_WITHIN_MS, compressLarge: true }),
    (open) => open.close(),
  )

  const cache = config.roles.has('http')
    ? opening.use(startCache(config.cache.maxBytes, readPool, log))
    : undefined
  if (cache !== undefined)
    opening.use(
      watchRestores(
        () => readDatabaseAge(readPool),
        () => cache.cache.clear(),
        log,
      ),
    )
  const progress = createProgress(log)
  const roles: RunningRole[] = []
  const circuits = opening.use(
    openCircuits({ database: () => sendCanary(dsn), kafka: () => cluster.topic(config.topics.orders) }, log),
  )
  const foundation = { kafka, cluster, pool: ingestPool, circuits, instanceId, log, metrics, progress }
  const { groupId } = config.kafka
  if (config.roles.has('orders')) {
    const parts = openRoleParts(foundation, groupId, config.topics.orders, ordersTransactions(), opening)
    const fill = cache ? cacheFiller(cache.cache, log) : () => {}
    roles.push(startOrdersRole(config, parts, (records) => producer.send(records), log, metrics, fill))
  }
  const retries = config.roles.has('retries')
    ? startRetries(config, foundation, (records) => producer.send(records), opening)
    : undefined
  if (retries !== undefined) roles.push(retries)
  if (config.roles.has('dead-letters')) {
    const parts = openRoleParts(
      foundation,
      `${groupId}-dead-letters`,
      config.topics.deadLetters,
      deadLettersTransaction,
      opening,
    )
    roles.push(startDeadLettersRole(config, parts, log, metrics))
  }
  opening.defer(async () => void (await Promise.all(roles.map((role) => role.stop()))))

  const books = watchBooks(
    () => summarizeBooks(readPool),
    (summary) => showBooks(summary, metrics),
  )
  const timers = [
    setInterval(() => void books.refresh(), BOOKS_EVERY_MS),
    setInterval(() => progress.report(roles), PROGRESS_EVERY_MS),
    setInterval(() => countHeldSeconds(roles, metrics, HELD_TICK_MS / 1000), HELD_TICK_MS),
  ]
  opening.defer(() => timers.forEach(clearInterval))
  void books.refresh()

  const retention = opening.use(
    watchRetention(
      cluster,
      roles.map(({ topic }) => topic),
      log,
    ),
  )

  let draining = false
  const http = await startHttp({
    config,
    roles,
    pool: readPool,
    cache,
    books,
    retention,
    instanceId,
    log,
    metrics,
    waiting: retries?.waiting,
    draining: () => draining,
  })
  opening.defer(() => http.close())
  log.info('started', { url: http.url, roles: [...config.roles], instanceId })

  const opened = opening.move()
  return {
    url: http.url,
    drain: async () => {
      draining = true
      log.info('draining')
      await Promise.all(roles.map((role) => role.stop()))
      await opened.disposeAsync()
      log.info('stopped')
    },
  }
}
