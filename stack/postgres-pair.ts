import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresNode } from './postgres.ts'
import { query } from './sql.ts'
import { StackError } from './stack-error.ts'
import { connectionInfo } from './standby.ts'

const DEADLINE_MS = 60_000

/** A primary and a standby that streams from it. */
export interface PostgresPair {
  /** The one that is written to at present; another one after `failOver`. */
  readonly primary: PostgresNode
  /** The other one: a standby, or after `failOver` the dead former primary until `rebuild`. */
  readonly standby: PostgresNode
  /**
   * The standby stops receiving: it misses what is committed once this has resolved, until `catchUp` or its next
   * start. The primary must run.
   */
  lag(): Promise<void>
  /** The standby receives again. Resolves when it has everything that was committed at the call. */
  catchUp(): Promise<void>
  /**
   * SIGKILL of the primary and promotion of the standby with what it has. Resolves when the new primary accepts
   * writes and the stack's folder names it as the primary.
   */
  failOver(): Promise<void>
  /**
   * Makes the other node a standby of the present primary by a base backup, whatever it held. Needed after
   * `failOver`, and after the primary was restored from a copy: the standby is ahead of it then.
   */
  rebuild(): Promise<void>
}

export interface PairedNodes {
  readonly primary: () => PostgresNode
  readonly standby: () => PostgresNode
  /** Records durably that the standby leads from now on; `primary` and `standby` follow. */
  readonly swap: () => Promise<void>
}

export function postgresPair({ primary, standby, swap }: PairedNodes): PostgresPair {
  async function follow(connection: string) {
    await query(standby().dsn, `alter system set primary_conninfo = '${connection}'`)
    await query(standby().dsn, 'select pg_reload_conf()')
  }

  async function catchUp() {
    const { lsn } = await query(primary().dsn, 'select pg_current_wal_flush_lsn() as lsn')
    await follow(connectionInfo(primary().dsn))
    const caughtUp = `select pg_last_wal_replay_lsn() >= '${String(lsn)}' as done`
    await until(standby(), caughtUp, 'did not catch up; rebuild it')
  }

  return {
    get primary() {
      return primary()
    },
    get standby() {
      return standby()
    },
    async lag() {
      const { lags } = await query(standby().dsn, "select current_setting('primary_conninfo') = '' as lags")
      if (lags === true) return
      // One that is only about to receive would not be seen, and would begin after the look below.
      const receives = "select exists (select from pg_stat_wal_receiver where status = 'streaming') as done"
      await until(standby(), receives, 'does not receive, so it can not be made to lag')
      await follow('')
      const stopped =
        "select not exists (select from pg_stat_activity where backend_type = 'walreceiver') as done"
      await until(standby(), stopped, 'did not stop receiving')
    },
    catchUp,
    async failOver() {
      await primary().kill()
      await standby().start()
      await query(standby().dsn, 'select pg_promote(false)')
      await until(standby(), 'select not pg_is_in_recovery() as done', 'was not promoted')
      await swap()
    },
    async rebuild() {
      await standby().stop()
      // Without data it is made anew at its start.
      rmSync(standby().dataDir, { recursive: true, force: true })
      await standby().start()
      await catchUp()
    },
  }
}

/** Asks until the answer's `done` is true. */
async function until({ name, dsn, logFile }: PostgresNode, question: string, otherwise: string) {
  const end = performance.now() + DEADLINE_MS
  while ((await query(dsn, question))['done'] !== true) {
    if (performance.now() > end) throw new StackError(`${name} ${otherwise}; its log is ${logFile}`)
    await delay(20)
  }
}
