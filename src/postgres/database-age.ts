import type pg from 'pg'

/** What tells a database from an older copy of itself. */
export interface DatabaseAge {
  /** When its server was started; another server, a fail-over and a restored copy have another one. */
  readonly serverStarted: string
  /** How often each row of the ledger was written, by a name of the row. Only an older database has less. */
  readonly versions: Readonly<Record<string, number>>
}

const AGE = `
  select
    pg_postmaster_start_time()::text as "serverStarted",
    (
      select coalesce(json_object_agg(consumer_group || '/' || topic_id || '/' || partition, version), '{}')
      from ledger
    ) as versions`

export async function readDatabaseAge(pool: pg.Pool): Promise<DatabaseAge> {
  const { rows } = await pool.query<DatabaseAge>(AGE)
  if (rows[0] === undefined) throw new Error('the database gave no answer')
  return rows[0]
}
