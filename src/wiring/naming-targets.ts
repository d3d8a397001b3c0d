import { UnsuitableDatabase } from '../postgres/migrate.ts'
import { summarizeError } from '../telemetry/error-summary.ts'

/** What Kafka's client throws names no server; what this rejects with does. */
export function namingKafka<T>(brokers: readonly string[], work: Promise<T>): Promise<T> {
  return naming(`can't use Kafka at ${brokers.join(',')}`, work)
}

/** The same for the database. An UnsuitableDatabase says itself what is wrong, and passes. */
export function namingDatabase<T>(dsn: string, work: Promise<T>): Promise<T> {
  const { host, pathname } = new URL(dsn)
  return naming(`can't use PostgreSQL at ${host}${pathname}`, work)
}

async function naming<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof UnsuitableDatabase) throw error
    const { code, message, cause } = summarizeError(error)
    // A host with several addresses gives an error for each of them, and no message for all.
    const why = [code, message === '' ? cause?.message : message].filter(Boolean).join(': ')
    throw new Error(`${what}: ${why}`, { cause: error })
  }
}
