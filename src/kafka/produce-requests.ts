import { Producer, type MessageToProduce } from '@platformatic/kafka'
import type { OutgoingRecord } from '../pipeline/record.ts'
import { clientOptions, type KafkaSettings } from './client.ts'
import { partitionHash } from './partitioner.ts'
import { ProduceError } from './produce-error.ts'

type Client = Producer
type Message = MessageToProduce

/** Produce requests, one after the other: the next may be made when the one before has settled. */
export interface ProduceRequests {
  /**
   * Resolves when all records are acknowledged by all in-sync replicas. Tries until `deadlineMs`, on the
   * clock of `performance.now()`; within that, nothing is written twice. Rejects with what the library throws.
   */
  request(records: readonly OutgoingRecord[], deadlineMs: number, compressed: boolean): Promise<void>
  /** Rejects the request under way. May be called twice. */
  close(): Promise<void>
}

const RETRY_DELAY_MS = 250

/**
 * One at a time, and no client is used after a failure. The library hands out sequence numbers and forgets
 * them when a request fails; with several under way, one can get its producer id from before a failure and
 * its sequence from after it. The broker takes that for a batch that it has already: it acknowledges it, and
 * drops it.
 */
export function openProduceRequests(
  settings: KafkaSettings,
  onError: (error: unknown) => void,
): ProduceRequests {
  let client: Client | undefined
  let closed = false
  let rejectPending: ((error: Error) => void) | undefined

  const disconnect = async (): Promise<void> => {
    const left = client
    client = undefined
    await left?.close(true)
  }

  return {
    async request(records, deadlineMs, compressed) {
      if (closed) throw new ProduceError('the producer is closed')
      const messages = records.map(toMessage)
      client ??= openClient(settings, onError)
      const { promise: givenUp, reject } = Promise.withResolvers<never>()
      rejectPending = reject
      const timer = setTimeout(
        () => reject(new ProduceError('the broker did not acknowledge in time')),
        Math.max(1, deadlineMs - performance.now()),
      )
      try {
        await Promise.race([client.send({ messages, compression: compressed ? 'zstd' : 'none' }), givenUp])
      } catch (error) {
        disconnect().catch(onError)
        throw error
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      closed = true
      rejectPending?.(new ProduceError('the producer was closed'))
      await disconnect()
    },
  }
}

function openClient(settings: KafkaSettings, onError: (error: unknown) => void): Client {
  let keyless = 0
  const client: Client = new Producer({
    ...clientOptions(settings),
    idempotent: true,
    retries: Number.MAX_SAFE_INTEGER,
    retryDelay: RETRY_DELAY_MS,
    partitioner: (_, key) => (key ? partitionHash(key) : keyless++),
  })
  client.on('error', onError)
  return client
}

function toMessage({ topic, key, value, headers }: OutgoingRecord): Message {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- null is written as null, its types don't say so
  return { topic, key, value, headers: headerMap(headers) } as Message
}

/** The library writes a Map's entries in their order. It tells names apart by identity, so names may repeat. */
function headerMap(headers: OutgoingRecord['headers']): Map<Buffer, Buffer | null> {
  const map = new Map<Buffer, Buffer | null>()
  for (const [name, value] of headers) map.set(map.has(name) ? Buffer.from(name) : name, value)
  return map
}
