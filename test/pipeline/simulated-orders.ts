import type { Failure } from '../../src/pipeline/failure.ts'
import type { Counts } from '../../src/pipeline/ledger.ts'
import { route } from '../../src/pipeline/route.ts'
import type { SimulatedDatabase, SimulatedTransaction } from './simulated-database.ts'
import type { Sent } from './simulated-kafka.ts'

export const MAX_RETRIES = 2
const POLICY = { maxRetries: MAX_RETRIES, baseMs: 1, capMs: 1 }

export interface Prepared extends Sent {
  readonly offset: number
}

export interface Settled {
  readonly counts: Counts
  durable: boolean
  told: boolean
}

/** What leaves a batch: to the dead letters, or for another try. */
export interface Leaving {
  readonly dead: readonly number[]
  readonly retries: readonly Sent[]
}

/** What the database says against the first of them that it does not take. */
export function expectNoFault(items: readonly Prepared[]): void {
  for (const { content, refused, fails, retry } of items) {
    if (content === undefined) continue
    if (refused) throw Object.assign(new Error('refused'), { code: '23514' })
    if (fails > retry) throw Object.assign(new Error('in passing'), { code: '40001' })
  }
}

/** The orders role in small: the first content of a uid is stored, another one is a dead letter. */
export function store(
  database: SimulatedDatabase,
  transaction: SimulatedTransaction,
  items: readonly Prepared[],
  refused: ReadonlyMap<Prepared, Failure>,
  settled: Settled,
): { counts: Counts; leaving: Leaving } {
  const added = new Map<string, number>()
  const dead: number[] = []
  const retries: Sent[] = []
  let duplicates = 0
  for (const item of items) {
    const { serial, uid, content, retry } = item
    const refusal = refused.get(item)
    if (refusal !== undefined) {
      if (route(refusal, retry, POLICY, 0, () => 0).type === 'retry') retries.push(item)
      else dead.push(serial)
      continue
    }
    const known = added.get(uid) ?? database.tables.orders.get(uid)
    if (content === undefined || (known !== undefined && known !== content)) dead.push(serial)
    else if (known === undefined) added.set(uid, content)
    else duplicates++
  }
  transaction.records.push(...items)
  transaction.changes.push(({ orders }) => {
    settled.durable = true
    for (const [uid, content] of added) {
      const stored = orders.get(uid)
      if (stored !== undefined) database.violations.push(`${uid} was stored already`)
      orders.set(uid, content)
    }
  })
  const counts = { stored: added.size, duplicates, retried: retries.length, dead_lettered: dead.length }
  return { counts, leaving: { dead, retries } }
}
