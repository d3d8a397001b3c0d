import type { OutgoingRecord } from '../pipeline/record.ts'
import type { KafkaSettings } from './client.ts'
import { isTooLargeAnswer, ProduceError, produceError, RecordTooLargeError } from './produce-error.ts'
import { openProduceRequests } from './produce-requests.ts'

export interface RecordProducer extends AsyncDisposable {
  /**
   * Resolves when all records are acknowledged by all in-sync replicas; those of one key lie in the given
   * order. Rejects with a RecordTooLargeError when all but those named in it are acknowledged, and with a
   * TypeError when one holds anything but bytes. Else, after `giveUpAfterMs` at the latest, with a
   * ProduceError: some may have been written, so sending them again can double them, but loses none.
   * May be called while earlier calls are under way.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>
  /** Rejects what is still under way. May be called twice. */
  close(): Promise<void>
}

export interface RecordProducerOptions {
  /** How long a `send` may take, over restarts and elections, before it rejects. */
  readonly giveUpAfterMs: number
  /**
   * Tries a record that is above the broker's limit once more, compressed: the limit is on what is sent, so
   * one that came compressed can be larger. Without it, such a record is refused.
   */
  readonly compressLarge?: boolean
  /** Troubles that no `send` reports. */
  readonly onError: (error: unknown) => void
}

/** One call of `send`. */
interface Call {
  readonly deadlineMs: number
  readonly settled: PromiseWithResolvers<void>
  /** Records without an answer. */
  open: number
  readonly tooLarge: OutgoingRecord[]
}

interface Part {
  readonly call: Call
  readonly records: readonly OutgoingRecord[]
}

/** Safely below the 1 MiB that brokers take in one batch; a record that is larger travels alone. */
const MAX_REQUEST_BYTES = 900_000
const RECORD_OVERHEAD_BYTES = 40

/** Idempotent. Connects at the first `send`; calls that come while a request is under way share the next. */
export function openProducer(settings: KafkaSettings, options: RecordProducerOptions): RecordProducer {
  const requests = openProduceRequests(settings, options.onError)
  const waiting: Part[] = []
  let pumping = false
  let closed = false

  const deliver = async (parts: readonly Part[], compressed = false): Promise<void> => {
    const records = parts.flatMap((part) => part.records)
    try {
      const deadlineMs = Math.max(...parts.map(({ call }) => call.deadlineMs))
      await requests.request(records, deadlineMs, compressed)
      for (const { call, records: sent } of parts) answer(call, sent.length)
    } catch (error) {
      if (!isTooLargeAnswer(error)) for (const { call } of parts) call.settled.reject(produceError(error))
      else if (records.length > 1) for (const half of halves(parts)) await deliver(half)
      else if (options.compressLarge === true && !compressed) await deliver(parts, true)
      else
        for (const { call } of parts) {
          call.tooLarge.push(...records)
          answer(call, 1)
        }
    }
  }

  const pump = async (): Promise<void> => {
    pumping = true
    for (let parts = takeRequest(waiting); parts.length > 0; parts = takeRequest(waiting))
      await deliver(parts)
    pumping = false
  }

  const close = async (): Promise<void> => {
    closed = true
    for (const { call } of waiting.splice(0)) call.settled.reject(new ProduceError('the producer was closed'))
    await requests.close()
  }

  return {
    async send(records) {
      if (closed) throw new ProduceError('the producer is closed')
      if (records.length === 0) return
      for (const record of records) assertBytes(record)
      const deadlineMs = performance.now() + options.giveUpAfterMs
      const call: Call = { deadlineMs, settled: Promise.withResolvers(), open: records.length, tooLarge: [] }
      const timer = setTimeout(
        () => call.settled.reject(new ProduceError(`not acknowledged within ${options.giveUpAfterMs} ms`)),
        options.giveUpAfterMs,
      )
      for (const part of splitByBytes(records)) waiting.push({ call, records: part })
      if (!pumping) void pump()
      await call.settled.promise.finally(() => clearTimeout(timer))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function answer(call: Call, records: number): void {
  call.open -= records
  if (call.open > 0) return
  if (call.tooLarge.length > 0) call.settled.reject(new RecordTooLargeError(call.tooLarge))
  else call.settled.resolve()
}

/** What the next request carries: from the front, as many parts as fit. Calls that were given up are left out. */
function takeRequest(waiting: Part[]): Part[] {
  const now = performance.now()
  const request: Part[] = []
  let bytes = 0
  for (let part = waiting[0]; part !== undefined; part = waiting[0]) {
    const partBytes = bytesOf(part.records)
    if (request.length > 0 && bytes + partBytes > MAX_REQUEST_BYTES) break
    waiting.shift()
    if (part.call.deadlineMs <= now) continue
    request.push(part)
    bytes += partBytes
  }
  return request
}

/** For finding the record that is too large. */
function halves(parts: readonly Part[]): Part[][] {
  const [first] = parts
  if (first === undefined) return []
  if (parts.length === 1) {
    const { call, records } = first
    const middle = records.length >> 1
    return [[{ call, records: records.slice(0, middle) }], [{ call, records: records.slice(middle) }]]
  }
  const middle = parts.length >> 1
  return [parts.slice(0, middle), parts.slice(middle)]
}

function splitByBytes(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const parts: OutgoingRecord[][] = []
  let part: OutgoingRecord[] = []
  let bytes = 0
  for (const record of records) {
    const recordBytes = sizeOf(record)
    if (part.length > 0 && bytes + recordBytes > MAX_REQUEST_BYTES) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += recordBytes
  }
  parts.push(part)
  return parts
}

/** The library would try to write anything else again and again, and report it as an outage. */
function assertBytes({ key, value, headers }: OutgoingRecord): void {
  const isBytes = (bytes: unknown): boolean => bytes === null || Buffer.isBuffer(bytes)
  const areHeaders = headers.every(([name, header]) => Buffer.isBuffer(name) && isBytes(header))
  if (!isBytes(key) || !isBytes(value) || !areHeaders)
    throw new TypeError('a record to produce must hold Buffers and null only')
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  return records.reduce((bytes, record) => bytes + sizeOf(record), 0)
}

function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, header] of headers) bytes += 8 + name.length + (header?.length ?? 0)
  return bytes
}
