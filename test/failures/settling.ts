import { randomUUID } from 'node:crypto'
import { settleOrIsolate } from '../../src/pipeline/isolate.ts'
import type { LedgerKey } from '../../src/pipeline/ledger.ts'
import { ordersRole, type SettledOrders } from '../../src/pipeline/orders-role.ts'
import type { OutgoingRecord, SourceRecord } from '../../src/pipeline/record.ts'
import { sendCanary } from '../../src/postgres/canary.ts'
import { postgresLedger } from '../../src/postgres/ledger.ts'
import { ordersTransactions } from '../../src/postgres/orders.ts'
import { LIMITS } from '../order/fixtures.ts'
import { recordAt } from '../pipeline/made-up-records.ts'
import type { MigratedDatabase } from '../postgres/migrated-database.ts'
import { orderWithUid } from '../postgres/orders-under-test.ts'

type Order = ReturnType<typeof orderWithUid>

export interface Settling {
  /** Settles one batch as a partition does, books included; rejects with what would hold the partition. */
  settle(records: ReadonlyArray<Partial<SourceRecord>>): Promise<SettledOrders>
  /** What went to Kafka, in batches that were committed or not. */
  readonly produced: readonly OutgoingRecord[]
  readonly canaries: () => number
  nextOffset(): Promise<number>
}

/** The orders role on a real database, with Kafka left out. */
export async function settlingOn({ dsn, pool }: MigratedDatabase): Promise<Settling> {
  const key: LedgerKey = { consumerGroup: 'group', topic: 'orders', topicId: randomUUID(), partition: 0 }
  const ledger = postgresLedger(pool, 'test', ordersTransactions())
  await ledger.open(key, { start: 0, end: 0 })
  const produced: OutgoingRecord[] = []
  let canaries = 0
  const role = ordersRole({
    deadLetterTopic: 'orders_dlq',
    retryTopic: 'orders_retry',
    retryPolicy: { maxRetries: 2, baseMs: 1_000, capMs: 300_000 },
    limits: LIMITS,
    crossFieldRules: 'warn',
    canary: async () => {
      canaries++
      await sendCanary(dsn)
    },
    produce: async (records) => void produced.push(...records),
    now: Date.now,
    random: Math.random,
    onCommitted: () => {},
  })
  const nextOffset = async (): Promise<number> => (await ledger.read(key))?.nextOffset ?? -1
  return {
    produced,
    canaries: () => canaries,
    nextOffset,
    settle: async (records) => {
      const from = await nextOffset()
      const to = from + records.length
      const items = records.map((record, at) => role.prepare(recordAt(from + at, record)))
      let settled: SettledOrders | undefined
      await settleOrIsolate(role, (settle) =>
        ledger.settle(key, from, async (transaction) => {
          settled = await settle(transaction, items, key)
          return { from, to, counts: settled.counts, fingerprint: undefined, logEnd: to }
        }),
      )
      if (settled === undefined) throw new Error('fenced')
      return settled
    },
  }
}

export function recordOf(uid: string, changes: Partial<Order> = {}): Partial<SourceRecord> {
  return { key: Buffer.from(uid), value: Buffer.from(JSON.stringify(orderWithUid(uid, changes))) }
}
