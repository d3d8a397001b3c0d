import type { DatabaseAge } from '../postgres/database-age.ts'
import type { Logger } from '../telemetry/logger.ts'

const LOOK_EVERY_MS = 5_000

/**
 * Notices that the database may be an older one than it was, after a restore or a fail-over to a replica that
 * was behind, also on an instance that settles nothing itself. The ledger tells while it is behind; it may have
 * caught up before anybody looks, so a server that was started anew counts as well. `onOlder` is called within
 * some seconds. Disposing ends the looking.
 */
export function watchRestores(
  readAge: () => Promise<DatabaseAge>,
  onOlder: () => void,
  log: Logger,
  everyMs = LOOK_EVERY_MS,
): Disposable {
  let seen: DatabaseAge | undefined
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    try {
      const now = await readAge()
      const why = seen && whyOlder(now, seen)
      if (why !== undefined) {
        log.warn('memory_dropped', { why })
        onOlder()
      }
      seen = now
    } catch {
      // The database is away, which others tell. What was seen before stays: it may come back as another one.
    } finally {
      looking = false
    }
  }
  void look()
  const timer = setInterval(() => void look(), everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function whyOlder(now: DatabaseAge, before: DatabaseAge): string | undefined {
  const wentBack = Object.entries(before.versions).some(
    ([row, version]) => (now.versions[row] ?? -1) < version,
  )
  if (wentBack) return 'the ledger went back: the database is an older one'
  if (now.serverStarted !== before.serverStarted)
    return 'the database server was started anew: it may have older data'
  return undefined
}
