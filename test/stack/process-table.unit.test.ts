import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identify, isAlive, isInTable } from '../../stack/process-table.ts'

describe('a process identity', () => {
  it('is alive while that process runs', () => {
    const own = identify(process.pid) ?? assert.fail('no identity')
    assert.deepEqual([isAlive(own), isInTable(own)], [true, true])
  })

  it('does not fit a later process with the same number', () => {
    const earlier = { pid: process.pid, startedAt: 'earlier' }
    assert.deepEqual([isAlive(earlier), isInTable(earlier)], [false, false])
  })

  it('is missing for a number that no process has', () => {
    assert.equal(identify(2 ** 30), undefined)
  })
})
