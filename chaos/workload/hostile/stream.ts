import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import type { Header, OutgoingRecord } from '../../../src/pipeline/record.ts'
import { hostileShape } from './shapes.ts'

type HostileRecord = Omit<OutgoingRecord, 'topic'>

const DRAWN_AT_ONCE = 500
/** Well below what a broker takes by default, and what a run of chaos has memory for. */
const MAX_BYTES = 300_000

/**
 * Hostile records without end, the same for the same seed. Each has an id in a header of its own, so that no two
 * are alike. Each ends where its content says: those that nobody could foretell are left out.
 */
export function* hostileRecords(seed: string): Generator<HostileRecord, never> {
  const first = createHash('sha256').update(seed).digest().readInt32BE()
  for (let drawn = 0, count = 0; ; drawn++) {
    for (const shape of fc.sample(hostileShape, { seed: first + drawn, numRuns: DRAWN_AT_ONCE })) {
      if (shape.headers.some(claimsRetries)) continue
      const id = `hostile-${seed}-${count++}`
      // Far from each other, so that a byte that changes makes no other uid of them.
      const uid = createHash('sha256').update(id).digest('hex').slice(0, 24)
      const value = shape.value(uid)
      if ((value?.length ?? 0) > MAX_BYTES) continue
      const key = shape.key === 'uid' ? Buffer.from(uid) : shape.key
      yield { key, value, headers: [...shape.headers, [Buffer.from('chaos-id'), Buffer.from(id)]] }
    }
  }
}

/** An order that says it was tried often is a dead letter or stored, by whether something fails in passing. */
function claimsRetries([name, value]: Header): boolean {
  return String(name) === 'retry' && /^\d+$/.test(String(value))
}
