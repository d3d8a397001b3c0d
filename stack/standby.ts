import { chownSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { baseBackup } from './base-backup.ts'
import { preparationPath } from './files.ts'
import { query } from './sql.ts'

const SLOT = 'standby'

/** A server that another one follows. */
export interface Primary {
  readonly dsn: string
  readonly dataDir: string
}

/**
 * Makes the data folder of a standby that follows the primary, which must run if the folder has none yet: by a
 * base backup. What lies there and is no standby's, as after a fail-over, is thrown away. The primary needs no
 * setting for it: PostgreSQL's own defaults let a standby in.
 */
export async function prepareStandby(dataDir: string, primary: Primary, signal?: AbortSignal): Promise<void> {
  if (!isStandby(dataDir)) {
    // Keeps the log for the standby, however long that is away; made first, so that nothing is gone when it comes.
    await query(
      primary.dsn,
      `select pg_create_physical_replication_slot('${SLOT}', true)
       where not exists (select from pg_replication_slots where slot_name = '${SLOT}')`,
    )
    const fresh = preparationPath(dataDir)
    await baseBackup(primary, fresh, signal)
    const signalFile = join(fresh, 'standby.signal')
    writeFileSync(signalFile, '', { mode: 0o600 })
    const { uid, gid } = statSync(fresh)
    chownSync(signalFile, uid, gid)
    rmSync(dataDir, { recursive: true, force: true })
    renameSync(fresh, dataDir)
  }
  // The primary's port may be another one at each start. Not on the command line, where `lag` could not change it.
  const settings = {
    primary_conninfo: connectionInfo(primary.dsn),
    primary_slot_name: SLOT,
    wal_retrieve_retry_interval: '200ms',
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value}'\n`)
  writeFileSync(join(dataDir, 'postgresql.auto.conf'), lines.join(''))
}

function isStandby(dataDir: string): boolean {
  return existsSync(join(dataDir, 'standby.signal'))
}

/** What a standby connects by. No value needs quoting. */
export function connectionInfo(dsn: string): string {
  const { hostname, port, username, password } = new URL(dsn)
  return `host=${hostname} port=${port} user=${username} password=${password} connect_timeout=2`
}
