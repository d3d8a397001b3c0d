import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

const LONG_ANSWER = join(import.meta.dirname, 'long-answer.ts')
/** Linux has a file that every write finds full. */
const FULL = '/dev/full'

function startLongAnswer(t: TestContext): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [LONG_ANSWER], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('a command ends whatever a library left open, and not before a slow reader has all of its answer', async (t) => {
  const child = startLongAnswer(t)
  const exited = once(child, 'exit')
  await once(child.stdout, 'readable')
  await delay(200)
  assert.equal(child.exitCode, null)
  const answer = await text(child.stdout)
  assert.deepEqual([answer.split('\n').length, await exited], [100_001, [1, null]])
})

test('a reader that has seen enough changes nothing, and causes no trace', async (t) => {
  const child = startLongAnswer(t)
  const exited = once(child, 'exit')
  await once(child.stdout, 'readable')
  child.stdout.destroy()
  assert.deepEqual([await text(child.stderr), await exited], ['', [1, null]])
})

test(
  'an answer that can not be written is an error, and never the answer no',
  { skip: existsSync(FULL) ? false : `there is no ${FULL} here` },
  async (t) => {
    const child = spawn(process.execPath, [LONG_ANSWER], { stdio: ['ignore', openSync(FULL, 'w'), 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    assert.match(await text(child.stderr ?? assert.fail()), /^ENOSPC: .*\n$/)
    assert.deepEqual(await exited, [3, null])
  },
)
