import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { ApiDeps } from '../http/routes.ts'
import { openHttpServer, type HttpServer } from '../http/server.ts'
import { readStaticFiles } from '../http/static-files.ts'
import type { RunningRole } from '../pipeline/role.ts'
import type { WaitingFigures } from '../pipeline/waiting-records.ts'
import type { Pool } from '../postgres/database.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { VERSION } from '../version.ts'
import type { WatchedBooks } from './books.ts'
import { cacheObserver, type RunningCache } from './cache.ts'
import { createFlow } from './flow.ts'
import { readinessOf, showPartitions, showWaiting } from './observation.ts'
import { databaseReads } from './reads.ts'
import type { WatchedRetention } from './watch-retention.ts'

interface HttpParts {
  readonly config: Config<'kafka' | 'database'>
  readonly roles: readonly RunningRole[]
  readonly pool: Pool
  /** Undefined on an instance that serves only probes and metrics. */
  readonly cache: RunningCache | undefined
  readonly books: WatchedBooks
  readonly retention: WatchedRetention
  /** Of the retry role, where this instance has it. */
  readonly waiting: (() => WaitingFigures) | undefined
  readonly draining: () => boolean
  readonly instanceId: string
  readonly log: Logger
  readonly metrics: Metrics
}

/** What the build of the page leaves. */
const PAGE_FOLDER = join(import.meta.dirname, '..', '..', 'ui', 'dist')

/** Serves what the roles of this instance allow. Rejects when the address can't be taken. */
export function startHttp(parts: HttpParts): Promise<HttpServer> {
  const { config, roles, cache, retention, waiting, draining, log, metrics } = parts
  const showCache = cache && cacheObserver(cache, metrics)
  return openHttpServer({
    address: config.http,
    access: config.access,
    version: VERSION,
    log,
    deps: {
      api: cache && apiOf(parts, cache),
      readiness: () => readinessOf(roles, draining()),
      metricsText: () => {
        showPartitions(roles, retention, metrics, Date.now())
        if (waiting !== undefined) showWaiting(waiting(), metrics)
        showCache?.()
        return metrics.text()
      },
      metricsContentType: metrics.contentType,
    },
  })
}

function apiOf(parts: HttpParts, { cache, warmUp }: RunningCache): ApiDeps {
  const { config, roles, pool, books, retention, draining, instanceId, metrics } = parts
  return {
    readOrder: (uid) => cache.read(uid),
    peekOrder: (uid) => cache.peek(uid),
    reads: databaseReads(pool, cache, config.retry.max),
    flow: createFlow({
      instance: instanceId,
      version: VERSION,
      ready: () => readinessOf(roles, draining()).ready,
      roles: roles.map((role) => ({ name: nameOf(role, config), role })),
      metrics,
      books: books.latest,
      retention,
      cache: () => cache.stats(),
      warmUp,
    }),
    page: readStaticFiles(PAGE_FOLDER),
  }
}

function nameOf({ topic }: RunningRole, { topics }: Config): 'orders' | 'retries' | 'dead-letters' {
  return topic === topics.deadLetters ? 'dead-letters' : topic === topics.retries ? 'retries' : 'orders'
}
