import type { BaseOptions } from '@platformatic/kafka'

/** How to reach the brokers, and as whom. */
export interface KafkaSettings {
  /** `host:port` each; one that answers is enough to find the others. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  readonly sasl?:
    | {
        readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
        readonly username: string
        readonly password: string
      }
    | undefined
}

/**
 * Options for every client. Retries are ours, where it is known what may be done again, so the library
 * makes none; a request without an answer for 10 s counts as a broken connection.
 */
export function clientOptions(settings: KafkaSettings): BaseOptions {
  const options: BaseOptions = {
    clientId: settings.clientId,
    bootstrapBrokers: [...settings.brokers],
    connectTimeout: 5_000,
    timeout: 10_000,
    retries: 0,
    autocreateTopics: false,
  }
  if (settings.tls !== undefined) options.tls = { ...settings.tls }
  if (settings.sasl !== undefined) options.sasl = { ...settings.sasl }
  return options
}

/** Offsets as numbers: exact up to 2^53, more records than a partition will ever hold. */
export function toNumber(offset: bigint): number {
  return Number(offset)
}
