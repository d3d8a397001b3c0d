import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { Client } from 'pg'
import { compareSchema, TABLES } from './schema.ts'

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))
const MIGRATIONS_TABLE = 'sluice_migrations'

/** The database is there, but can't be used as it is; the message says what to do. */
export class UnsuitableDatabase extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnsuitableDatabase'
  }
}

/**
 * Brings the database to the shape that this version needs, and returns the names of the migrations that
 * were applied now. Several instances may call it at once: the first one migrates, the others wait.
 * Throws `UnsuitableDatabase` when tables of our names are somebody else's.
 */
export async function migrate(dsn: string, log: (message: string) => void): Promise<string[]> {
  await using database = await connect(dsn)
  const { client } = database
  await refuseForeignTables(client)
  const applied = await runner({
    dbClient: client,
    dir: MIGRATIONS,
    direction: 'up',
    // Beside the tables they made: the library would keep them in "public" and mix up several schemas.
    migrationsSchema: await currentSchema(client),
    migrationsTable: MIGRATIONS_TABLE,
    checkOrder: true,
    advisoryLockMode: 'wait',
    logger: { debug: () => {}, info: () => {}, warn: log, error: log },
  })
  await requireShape(client, 'was changed by hand after it was migrated')
  return applied.map(({ name }) => name)
}

/** For `MIGRATE=off`: throws `UnsuitableDatabase` unless every table is there in the shape that this version needs. */
export async function checkSchema(dsn: string): Promise<void> {
  await using database = await connect(dsn)
  await requireShape(
    database.client,
    'is not migrated to this version; run `npm run migrate`, or start with MIGRATE=auto',
  )
}

async function connect(dsn: string): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client({
    connectionString: dsn,
    connectionTimeoutMillis: 5_000,
    application_name: 'sluice-migrate',
  })
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

/** Where tables without a schema in their name are made, and looked for first. */
async function currentSchema(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string | null }>('select current_schema() as name')
  const name = rows[0]?.name
  if (name) return name
  throw new UnsuitableDatabase(
    'this database has none of the schemas in its search path; create the one that DB_DSN names (create schema sluice)',
  )
}

async function refuseForeignTables(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; ours: boolean }>(
    `select t.name, to_regclass($2) is not null as ours
     from unnest($1::text[]) as t (name)
     where to_regclass(t.name) is not null`,
    [TABLES, MIGRATIONS_TABLE],
  )
  const foreign = rows.filter(({ ours }) => !ours).map(({ name }) => name)
  if (foreign.length > 0) {
    throw new UnsuitableDatabase(
      `this database already has tables that Sluice did not create: ${foreign.join(', ')}. ` +
        'Give Sluice a database or a schema of its own (for a schema: create schema sluice, and add ?options=-csearch_path%3Dsluice to DB_DSN), or rename those tables.',
    )
  }
}

async function requireShape(client: Client, advice: string): Promise<void> {
  const differences = await compareSchema(client)
  if (differences.length > 0)
    throw new UnsuitableDatabase(`this database ${advice}: ${differences.join('; ')}`)
}
