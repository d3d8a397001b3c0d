import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initialStatus } from '../../src/pipeline/partition-events.ts'
import { headroomSeconds, retentionMs } from '../../src/wiring/watch-retention.ts'

const NOW_MS = 1_800_000_000_000
const HOUR_MS = 3_600_000

for (const [configs, expected] of [
  [{ 'retention.ms': '604800000', 'cleanup.policy': 'delete' }, 604_800_000],
  [{ 'retention.ms': '60000', 'cleanup.policy': 'compact,delete' }, 60_000],
  [{ 'retention.ms': '60000', 'cleanup.policy': 'compact' }, undefined],
  [{ 'retention.ms': '-1', 'cleanup.policy': 'delete' }, undefined],
  [{ 'retention.ms': '0', 'cleanup.policy': 'delete' }, 0],
  [{}, undefined],
] as const) {
  test(`of ${JSON.stringify(configs)}, age deletes ${expected === undefined ? 'nothing' : `after ${expected} ms`}`, () => {
    assert.equal(retentionMs(new Map(Object.entries(configs))), expected)
  })
}

test('the headroom is all of the retention while nothing waits, and runs out with the oldest record that does', () => {
  const settled = {
    ...initialStatus(0),
    topicId: 'id',
    nextOffset: 10,
    settledTimestampMs: NOW_MS - 3 * HOUR_MS,
  }
  assert.equal(headroomSeconds({ ...settled, logEnd: 10 }, 2 * HOUR_MS, NOW_MS), 7_200)
  assert.equal(headroomSeconds({ ...settled, logEnd: 11 }, 4 * HOUR_MS, NOW_MS), 3_600)
  // Kafka may have deleted it already.
  assert.equal(headroomSeconds({ ...settled, logEnd: 11 }, 2 * HOUR_MS, NOW_MS), -3_600)
})
