import { readdirSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { findKafkaRuntime } from '../stack/kafka-libraries.ts'
import { query } from './database.ts'

/** What figures depend on, and without which they mean nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  /** Over the minute before; the rest of the machine should be quiet. */
  readonly loadBefore: number
  readonly node: string
  readonly postgres: string
  readonly postgresSettings: Readonly<Record<string, string>>
  readonly kafka: string
}

const SETTINGS = `
  select name, current_setting(name) as value from pg_settings
  where name in ('fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size')
  order by name`

/** Of this machine and the server behind `dsn`; `loadBefore` is taken before the servers start. */
export async function describeMachine(dsn: string, loadBefore: number): Promise<Machine> {
  const [version] = await query<{ server_version: string }>(dsn, 'show server_version')
  const settings = await query<{ name: string; value: string }>(dsn, SETTINGS)
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    loadBefore,
    node: process.version,
    postgres: version?.server_version ?? 'unknown',
    postgresSettings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    kafka: await kafkaVersion(),
  }
}

export function loadNow(): number {
  return loadavg()[0] ?? NaN
}

/** By the name of a jar: the broker does not tell its version to clients. */
async function kafkaVersion(): Promise<string> {
  const { classPath } = await findKafkaRuntime(() => {})
  const versions = readdirSync(dirname(classPath)).map((name) => /^kafka-clients-(.+)\.jar$/.exec(name)?.[1])
  return versions.find((version) => version !== undefined) ?? 'unknown'
}
