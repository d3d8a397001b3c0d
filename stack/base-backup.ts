import { existsSync, statSync } from 'node:fs'
import { chown, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { UserIds } from './processes.ts'
import { firstRow, withConnection } from './sql.ts'
import { errorCode, StackError } from './stack-error.ts'

// A checkpoint under load, and the wait for the connection while files are copied.
const STATEMENT_TIMEOUT_MS = 60_000

/** Folders that a backup has empty: their content belongs to the running server, or is made anew. */
const EMPTIED = new Set([
  'pg_wal', // what the backup needs of it is copied when that is known
  'pg_replslot', // a slot in a copy would keep the log of the copy for a standby of the original
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*|standby\.signal|recovery\.signal|pgsql_tmp.*|pg_internal\.init.*)$/
const CONTROL_FILE = 'pg_control'

/**
 * Copies the data of a running primary to `folder`, which must not exist yet, while others write to it. The copy
 * has the log it needs, so `PostgresNode.restoreFrom` takes it; a server on it begins with the state of the
 * moment in which this resolves, give or take what was being committed then. Not synced to the disk: it survives
 * the end of any process, not a power cut.
 */
export async function baseBackup(
  primary: { readonly dsn: string; readonly dataDir: string },
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  if (existsSync(folder)) throw new StackError(`${folder} exists already`)
  const { uid, gid } = statSync(primary.dataDir)
  const copy: Copy = { owner: process.getuid?.() === 0 ? { uid, gid } : undefined, signal }
  try {
    await withConnection(primary.dsn, STATEMENT_TIMEOUT_MS, async (client) => {
      // Keeps the log from here on until the connection ends: a checkpoint may come while files are copied.
      const slot = `base_backup_${randomBytes(4).toString('hex')}`
      await client.query(`select pg_create_physical_replication_slot('${slot}', true, true)`)
      const { first } = await firstRow(
        client,
        `select pg_walfile_name(pg_backup_start('base backup', true)) as first`,
      )
      await copyFolder(primary.dataDir, folder, copy)
      // Last: it must not be older than any page of the copy.
      await copyOne(join(primary.dataDir, 'global'), join(folder, 'global'), CONTROL_FILE, copy)
      const { label, last } = await firstRow(
        client,
        'select labelfile as label, pg_walfile_name(lsn) as last from pg_backup_stop(false)',
      )
      await writeOwned(join(folder, 'backup_label'), String(label), copy)
      await copyLog(primary.dataDir, folder, String(first), String(last), copy)
    })
  } catch (error) {
    // Copies that were under way may add to it still.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    throw error
  }
}

interface Copy {
  /** Whom the copy belongs to when another user than ours has to read it. */
  readonly owner: UserIds | undefined
  readonly signal: AbortSignal | undefined
}

async function copyFolder(from: string, to: string, copy: Copy): Promise<void> {
  await mkdir(to, { mode: 0o700 })
  await own(to, copy)
  const entries = await readdir(from, { withFileTypes: true })
  await Promise.all(
    entries
      .filter(({ name }) => !LEFT_OUT.test(name) && name !== CONTROL_FILE)
      .map(async (entry) => {
        const { name } = entry
        if (!entry.isDirectory()) return await copyOne(from, to, name, copy)
        if (!EMPTIED.has(name)) return await copyFolder(join(from, name), join(to, name), copy)
        await mkdir(join(to, name), { mode: 0o700 })
        await own(join(to, name), copy)
      }),
  )
}

async function copyOne(from: string, to: string, name: string, copy: Copy): Promise<void> {
  copy.signal?.throwIfAborted()
  try {
    await copyFile(join(from, name), join(to, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return // dropped meanwhile; the log says so too
    throw error
  }
  await own(join(to, name), copy)
}

/** Segments from the backup's start to its end, and how the timelines branched. */
async function copyLog(from: string, to: string, first: string, last: string, copy: Copy): Promise<void> {
  const segments = (await readdir(join(from, 'pg_wal'))).filter(
    (name) => name.endsWith('.history') || (/^[0-9A-F]{24}$/.test(name) && name >= first && name <= last),
  )
  for (const name of segments) await copyOne(join(from, 'pg_wal'), join(to, 'pg_wal'), name, copy)
}

async function writeOwned(path: string, content: string, copy: Copy): Promise<void> {
  await writeFile(path, content, { mode: 0o600 })
  await own(path, copy)
}

async function own(path: string, { owner }: Copy): Promise<void> {
  if (owner) await chown(path, owner.uid, owner.gid)
}
