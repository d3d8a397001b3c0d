import type { Logger } from '../telemetry/logger.ts'

type Versions = ReadonlyMap<string, number>

const LOOK_EVERY_MS = 5_000

/**
 * Notices that the database is an older one than it was, after a restore or a fail-over to a replica that was
 * behind, also on an instance that settles nothing itself: a row of the ledger was written less often than
 * before, or is gone. `onOlder` is called within some seconds. Disposing ends the looking.
 */
export function watchRestores(
  readVersions: () => Promise<Versions>,
  onOlder: () => void,
  log: Logger,
  everyMs = LOOK_EVERY_MS,
): Disposable {
  let seen: Versions = new Map()
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    try {
      const now = await readVersions()
      if (isOlder(now, seen)) {
        log.warn('database_went_back', { advice: 'orders in memory were dropped; see docs/OPERATIONS.md' })
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

function isOlder(now: Versions, before: Versions): boolean {
  return [...before].some(([row, version]) => (now.get(row) ?? -1) < version)
}
