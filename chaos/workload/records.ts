import { readContent } from '../../src/order/order-content.ts'
import type { Header, OutgoingRecord } from '../../src/pipeline/record.ts'
import type { Shares } from '../../src/producer/plan.ts'
import { randomAt, seedFrom } from '../../src/producer/random.ts'
import { generateRecords } from '../../src/producer/records.ts'
import type { Acknowledged } from '../checker/evidence.ts'
import { recordDigest } from '../checker/record-digest.ts'
import { hostileRecords } from './hostile/stream.ts'

export interface RecordsPlan {
  readonly topic: string
  readonly seed: string
  readonly shares: Shares
  /** Share of hostile records among all. */
  readonly hostile: number
}

/** A record, and what the list is to say of it once it is acknowledged. */
export interface MadeRecord {
  readonly outgoing: OutgoingRecord
  readonly entry: Acknowledged
}

/** As the service judges by default. */
const LIMITS = { maxBytes: 1_048_576, maxDepth: 64 }
/** Retries so far, on every record that nobody has tried yet. */
const NO_RETRIES: readonly Header[] = [[Buffer.from('retry'), Buffer.from('0')]]
const CHOOSE_HOSTILE = 3

/** Without end; the same plan makes the same records. A duplicate or a conflict comes behind its order. */
export function* makeRecords({ topic, seed, shares, hostile }: RecordsPlan): Generator<MadeRecord, never> {
  const parsedSeed = seedFrom(seed)
  const hostiles = hostileRecords(seed)
  let position = 0
  for (const chunk of generateRecords(parsedSeed, undefined, shares)) {
    for (const { kind, key, value } of chunk) {
      while (randomAt(parsedSeed, position++, CHOOSE_HOSTILE).chance(hostile)) {
        const { value: record } = hostiles.next()
        yield made('hostile', { topic, ...record })
      }
      yield made(kind, { topic, key, value, headers: NO_RETRIES })
    }
  }
  throw new Error('a plan without a count has no end')
}

function made(kind: Acknowledged['kind'], outgoing: OutgoingRecord): MadeRecord {
  const reading = readContent(outgoing.value, LIMITS)
  const order = reading.ok
    ? { uid: reading.content.uid, content: reading.content.contentHash.toString('hex') }
    : undefined
  return { outgoing, entry: { kind, digest: recordDigest(outgoing), ...order } }
}
