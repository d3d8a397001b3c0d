import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { resetStack, stackStatus, startStack } from '../../stack/stack.ts'
import { stackFolder, waitUntil } from '../stack-under-test.ts'
import { runStackCommand } from './run-stack-command.ts'

function writeFakeJava(home: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'bin', 'java'), '', { mode: 0o755 })
}

describe('starting a stack', () => {
  it('leaves nothing running when it is interrupted', async (t) => {
    const dir = stackFolder(t)
    const interruption = new AbortController()
    const starting = startStack({ dir, signal: interruption.signal })
    const stopped = assert.rejects(starting, /enough/)
    const running = async () => (await stackStatus(dir)).servers.some(({ pid }) => pid !== undefined)
    await waitUntil(running, { deadlineMs: 20_000, what: 'a server is started' })
    interruption.abort(new Error('enough'))
    await stopped
    assert.equal(await running(), false)
  })

  const needsRoot = process.getuid?.() === 0 ? false : 'needs to be root'
  it('works for root in a folder that only root may enter', { skip: needsRoot }, async (t) => {
    const dir = stackFolder(t, 0o700)
    const { postgres } = await startStack({ dir })
    assert.ok(!postgres.dataDir.startsWith(dir))
    await resetStack(dir)
    assert.equal(existsSync(join(postgres.dataDir, '..')), false)
    assert.equal(existsSync(dir), false)
  })

  it('says what is missing and what to do', async (t) => {
    const dir = stackFolder(t)
    const bare = { ...process.env, PATH: '/bin-of-nobody', JAVA_HOME: '', KAFKA_HOME: '' }
    const noJava = await runStackCommand(['up', '--dir', dir], bare)
    assert.deepEqual([noJava.code, noJava.stdout], [3, ''])
    assert.match(noJava.stderr, /needs Java 17 .* Install one/s)
    const javaOnly = { ...bare, JAVA_HOME: join(dir, 'java'), XDG_CACHE_HOME: join(dir, 'cache') }
    writeFakeJava(javaOnly.JAVA_HOME)
    const noMaven = await runStackCommand(['up', '--dir', dir], javaOnly)
    assert.equal(noMaven.code, 3)
    assert.match(noMaven.stderr, /there is no mvn on the PATH\. Install it .* KAFKA_HOME/s)
    const noKafka = await runStackCommand(['up', '--dir', dir], { ...javaOnly, KAFKA_HOME: '/nowhere' })
    assert.match(noKafka.stderr, /KAFKA_HOME=\/nowhere holds no Kafka/)
    assert.equal(
      (await stackStatus(dir)).servers.some(({ pid }) => pid !== undefined),
      false,
    )
  })
})

describe('the stack command', () => {
  it('exits with 2 on wrong usage', async () => {
    assert.equal((await runStackCommand(['sideways'])).code, 2)
    assert.equal((await runStackCommand(['up', '--brokers', '2'])).code, 2)
    assert.equal((await runStackCommand([])).code, 2)
  })

  it('describes itself', async () => {
    const { code, stdout } = await runStackCommand(['--help'])
    assert.equal(code, 0)
    for (const word of ['up', 'down', 'status', 'reset', 'Exit codes']) assert.match(stdout, new RegExp(word))
  })

  it('deletes nothing in a folder that holds no stack', async (t) => {
    const dir = stackFolder(t)
    writeFileSync(join(dir, 'precious'), '')
    assert.equal((await runStackCommand(['reset', '--dir', dir])).code, 3)
    assert.ok(existsSync(join(dir, 'precious')))
    rmSync(join(dir, 'precious'))
  })
})
