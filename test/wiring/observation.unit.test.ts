import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { initialStatus, type PartitionStatus } from '../../src/pipeline/partition-events.ts'
import type { RunningRole } from '../../src/pipeline/role.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { readinessOf, showPartitions } from '../../src/wiring/observation.ts'

const NOW_MS = 1_800_000_000_000

function roleWith(statuses: readonly Partial<PartitionStatus>[]): RunningRole {
  return {
    topic: 'orders',
    consumerGroup: 'orders-group',
    joined: () => true,
    status: () =>
      statuses.map((status, partition) => ({ ...initialStatus(partition), topicId: 'id', ...status })),
    stop: async () => {},
  }
}

describe('readiness', () => {
  it('lists what is drained, both dependencies and each role', () => {
    const { ready, checks } = readinessOf([roleWith([{ state: 'flowing' }])], false)
    assert.equal(ready, true)
    assert.deepEqual(Object.keys(checks), ['draining', 'database', 'kafka', 'orders-group'])
  })

  it('names the dependency that partitions wait for, and not the other', () => {
    const held = { state: 'held', reason: 'database_unreachable' } as const
    const { ready, checks } = readinessOf([roleWith([held, held, { state: 'flowing' }])], false)
    assert.equal(ready, false)
    assert.deepEqual(checks['database'], { ok: false, detail: '2 partitions wait for it' })
    assert.equal(checks['kafka']?.ok, true)
    assert.match(checks['orders-group']?.detail ?? '', /orders-0: database_unreachable/)
  })

  it('blames no dependency for what only an operator can mend', () => {
    const { ready, checks } = readinessOf([roleWith([{ state: 'held', reason: 'log_diverged' }])], false)
    assert.equal(ready, false)
    assert.deepEqual([checks['database']?.ok, checks['kafka']?.ok], [true, true])
  })
})

describe('the metrics of retention', () => {
  const behind = { nextOffset: 5, logEnd: 9, settledTimestampMs: NOW_MS - 600_000 }

  async function seriesOf(statuses: readonly Partial<PartitionStatus>[], retentionMs: number | undefined) {
    const metrics = createMetrics({ version: 'test' })
    showPartitions([roleWith(statuses)], { of: () => retentionMs }, metrics, NOW_MS)
    return (await metrics.text()).split('\n').filter((line) => line.startsWith('orders_retention'))
  }

  it('tell for each partition how long its oldest record is safe, and for the topic how long any is', async () => {
    assert.deepEqual(await seriesOf([behind, { nextOffset: 9, logEnd: 9 }], 3_600_000), [
      'orders_retention_seconds{topic="orders"} 3600',
      'orders_retention_headroom_seconds{topic="orders",partition="0"} 3000',
      'orders_retention_headroom_seconds{topic="orders",partition="1"} 3600',
    ])
  })

  it('are absent where age deletes nothing, and before the ledger was looked at', async () => {
    assert.deepEqual(await seriesOf([behind], undefined), [])
    assert.deepEqual(await seriesOf([{ ...behind, topicId: '' }], 3_600_000), [])
  })
})
