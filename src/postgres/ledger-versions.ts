import type pg from 'pg'

const VERSIONS = `
  select consumer_group || '/' || topic_id || '/' || partition as row, version::float8 as version from ledger`

/** How often each row of the ledger was written, by a name of the row. Only an older database has less. */
export async function readLedgerVersions(pool: pg.Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ row: string; version: number }>(VERSIONS)
  return new Map(rows.map(({ row, version }) => [row, version]))
}
