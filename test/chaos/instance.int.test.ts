import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { createInstance, type Instance } from '../../chaos/system/instance.ts'
import { waitUntil } from '../stack-under-test.ts'

const STAND_IN = join(import.meta.dirname, 'stand-in.ts')
const WITHIN = { deadlineMs: 10_000 }

function create(test: TestContext): { readonly instance: Instance; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-instance-'))
  const instance = createInstance({
    name: 'instance 1',
    entry: STAND_IN,
    folder,
    logFile: join(folder, 'log'),
    environment: {},
    elapsedMs: () => performance.now(),
  })
  test.after(async () => {
    await instance[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })
  return { instance, folder }
}

async function startInstance(test: TestContext): Promise<{ instance: Instance; folder: string }> {
  const { instance, folder } = create(test)
  writeFileSync(join(folder, 'database'), '')
  instance.start()
  await untilItRuns(instance)
  return { instance, folder }
}

async function untilItRuns(instance: Instance): Promise<void> {
  await waitUntil(() => instance.running, { ...WITHIN, what: 'it runs' })
}

it('an instance that ends by itself is started again, and its end is on record with its last words', async (t) => {
  const { instance } = await startInstance(t)
  const url = instance.url
  await fetch(`${url}/die`).catch(() => {})
  await waitUntil(() => !instance.running, { ...WITHIN, what: 'it has ended' })
  await untilItRuns(instance)
  assert.notEqual(instance.url, url)
  const [first, second, ...more] = instance.story().lives
  assert.deepEqual([first?.ended?.by, second?.ended, more], ['self', undefined, []])
  assert.match(first?.ended?.how ?? '', /^exit code 7; .*\n[^]*"dying"/)
  assert.ok((second?.startedAtMs ?? 0) - (first?.ended?.atMs ?? 0) >= 1_000)
})

it('an instance that could not reach its database tries again, and that is no life', async (t) => {
  const { instance, folder } = create(t)
  instance.start()
  const log = join(folder, 'log')
  await waitUntil(() => existsSync(join(folder, 'tried')), { ...WITHIN, what: 'it has tried' })
  writeFileSync(join(folder, 'database'), '')
  await untilItRuns(instance)
  assert.match(readFileSync(log, 'utf8'), /no database[^]*started/)
  assert.equal(instance.story().lives.length, 1)
})

it('an instance that is killed stays away until it is started again, and has left what was seen of it', async (t) => {
  const { instance } = await startInstance(t)
  await waitUntil(() => instance.story().lives[0]?.metrics['up'] === 1, {
    ...WITHIN,
    what: 'it is looked at',
  })
  await instance.kill()
  assert.equal(instance.running, false)
  const [life] = instance.story().lives
  assert.deepEqual([life?.ended?.by, life?.ended?.how], ['kill', 'SIGKILL'])
  assert.deepEqual(life?.metrics, { 'asked_total{of="it"}': 4, up: 1 })
  assert.ok((life?.peakResidentBytes ?? 0) > 10 * 1_048_576)
  instance.start()
  await untilItRuns(instance)
  assert.equal(instance.story().lives.length, 2)
})

it('a drain, even of a paused instance, tells how it ended and after how long', async (t) => {
  const { instance } = await startInstance(t)
  instance.pause()
  await assert.rejects(fetch(`${instance.url}/livez`, { signal: AbortSignal.timeout(200) }))
  instance.resume()
  assert.equal((await fetch(`${instance.url}/livez`)).status, 200)
  instance.pause()
  const { code, ms } = await instance.drain()
  assert.equal(code, 0)
  const [life] = instance.story().lives
  assert.deepEqual([life?.ended?.by, life?.ended?.how, life?.drainMs], ['drain', 'exit code 0', ms])
  assert.equal((await instance.drain()).code, 'did not run')
})
