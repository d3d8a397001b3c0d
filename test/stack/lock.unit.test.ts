import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { withLock } from '../../stack/lock.ts'

describe('the lock of a folder', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-lock-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0
    const work = async () => {
      inside++
      await new Promise(setImmediate)
      assert.equal(inside, 1)
      inside--
    }
    await Promise.all(Array.from({ length: 4 }, async () => await withLock(dir, () => {}, work)))
    assert.deepEqual(readdirSync(dir), [])
  })

  it('is taken over, by one only, when its process has died', async () => {
    const dead = JSON.stringify({ pid: process.pid, startedAt: 'earlier' })
    writeFileSync(join(dir, 'lock'), dead)
    writeFileSync(join(dir, `lock.${process.pid}.waited`), dead)
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} in`)
      await new Promise(setImmediate)
      order.push(`${name} out`)
    }
    await Promise.all(['a', 'b'].map(async (name) => await withLock(dir, () => {}, work(name))))
    assert.match(order.join(), /^(\w) in,\1 out,(\w) in,\2 out$/)
    assert.deepEqual(readdirSync(dir), [])
  })

  it('is released when the work fails', async () => {
    const failing = async () => await Promise.reject(new Error('no'))
    await assert.rejects(
      withLock(dir, () => {}, failing),
      /no/,
    )
    assert.equal(
      await withLock(
        dir,
        () => {},
        async () => await Promise.resolve(1),
      ),
      1,
    )
  })
})
