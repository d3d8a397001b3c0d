import { isOrderUid } from '../order/order.ts'
import { readOrder } from '../order/read-order.ts'
import type { OrderLimits } from '../order/decode.ts'
import type { LoadRecord } from './records.ts'

const NEWLINE = 0x0a
/** Far above what any broker takes as one record; a file without line breaks must not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024

/**
 * One record for each line of NDJSON, its bytes just as they are between the line breaks; lines with nothing
 * in them are passed over. In chunks, as they arrive. The key is the line's `order_uid` where one can be
 * read. Lines that break a rule are produced all the same, and counted as invalid. Throws when a line is
 * longer than 64 MiB.
 */
export async function* readRecords(
  input: AsyncIterable<Buffer>,
  limits: OrderLimits,
): AsyncGenerator<readonly LoadRecord[]> {
  let started: Buffer[] = []
  let startedBytes = 0
  for await (const chunk of input) {
    const lines: Buffer[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(Buffer.concat([...started, chunk.subarray(from, end)]))
      started = []
      startedBytes = 0
      from = end + 1
    }
    started.push(chunk.subarray(from))
    startedBytes += chunk.length - from
    if (startedBytes > MAX_LINE_BYTES) throw new Error(`a line is longer than ${MAX_LINE_BYTES} bytes`)
    const records = lines.filter((line) => line.length > 0).map((line) => lineRecord(line, limits))
    if (records.length > 0) yield records
  }
  if (startedBytes > 0) yield [lineRecord(Buffer.concat(started), limits)]
}

function lineRecord(value: Buffer, limits: OrderLimits): LoadRecord {
  const reading = readOrder(value, limits)
  const uid = reading.ok ? reading.order.order_uid : uidIn(value)
  return {
    kind: reading.ok ? 'valid' : 'invalid',
    uid,
    key: uid === undefined ? null : Buffer.from(uid),
    value,
  }
}

function uidIn(value: Buffer): string | undefined {
  try {
    const json: unknown = JSON.parse(value.toString())
    if (typeof json !== 'object' || json === null || !('order_uid' in json)) return undefined
    return typeof json.order_uid === 'string' && isOrderUid(json.order_uid) ? json.order_uid : undefined
  } catch {
    return undefined
  }
}
