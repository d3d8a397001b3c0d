import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lagRecords, lagSeconds, seeOffsets } from '../../src/pipeline/lag.ts'
import { initialStatus, type PartitionStatus } from '../../src/pipeline/partition-events.ts'

const HOUR_MS = 3_600_000

/** A partition that this instance got at time 0, seen with these offsets at these times. */
function seen(...looks: readonly (readonly [atMs: number, nextOffset: number, logEnd: number])[]) {
  const status: PartitionStatus = { ...initialStatus(0), startedAtMs: 0 }
  for (const [atMs, nextOffset, logEnd] of looks)
    seeOffsets(status, { topicId: 'id', nextOffset, logEnd }, atMs)
  return status
}

describe('the lag of a partition in seconds', () => {
  it('is nothing while no record waits, however long ago the last one came', () => {
    const status = { ...seen([0, 5, 5]), settledTimestampMs: -HOUR_MS }
    assert.deepEqual([lagRecords(status), lagSeconds(status, HOUR_MS)], [0, 0])
  })

  it('is counted from when nothing was left, not from a record of hours ago', () => {
    const status = { ...seen([HOUR_MS, 5, 5], [HOUR_MS + 2_000, 5, 6]), settledTimestampMs: 0 }
    assert.equal(lagSeconds(status, HOUR_MS + 3_000), 3)
  })

  it('is the age of what follows the last settled record while a backlog is drained', () => {
    const status = { ...seen([0, 5, 900]), settledTimestampMs: -HOUR_MS }
    assert.equal(lagSeconds(status, 1_000), 3_601)
  })

  it('grows while the partition is held, from the first look on', () => {
    assert.equal(lagSeconds(seen([1_000, 0, 10]), 60_000), 60)
  })

  it('goes back with the books, when the database is an older one', () => {
    const status = { ...seen([HOUR_MS, 9, 9], [HOUR_MS + 1, 4, 9]), settledTimestampMs: 1_000 }
    assert.equal(lagSeconds(status, HOUR_MS + 1_000), 3_600)
  })

  it('is not known before the first look at the ledger', () => {
    assert.equal(lagSeconds({ ...initialStatus(0), startedAtMs: 0, logEnd: 9 }, HOUR_MS), 0)
  })
})
