import assert from 'node:assert/strict'
import { test } from 'node:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPage } from '../docs/markdown.ts'
import { run } from '../journey/run-command.ts'
import { produce } from '../recovery/load.ts'
import { placeOnSharedStack } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { layOutContext, layOutImage } from './image.ts'

const { scripts } = JSON.parse(readPage('package.json').text) as { scripts: Record<string, string> }

test(
  'the page is built from what the build of the image gets',
  { skip: scripts['build:ui'] === undefined ? 'there is no page to build' : false },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-context-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    layOutContext(folder)
    const { code, stderr } = await run('npm', ['run', 'build:ui', '--if-present'], { cwd: folder })
    assert.equal(code, 0, stderr)
    assert.ok(existsSync(join(folder, 'ui/dist/index.html')))

    rmSync(join(folder, 'ui/dist'), { recursive: true })
    const script = `const { buildPage } = await import('./ui/build.ts')
      console.log(await buildPage(), process.env.NODE_ENV)`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    assert.equal(stdout, 'built undefined\n', 'who builds keeps its environment')
  },
)

test('what the image has is enough to store orders, and its health check tells whether it answers', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  layOutImage(folder)
  const place = await placeOnSharedStack(t)
  const service = await startServiceProcess(t, { ...place.environment, NODE_ENV: 'production' }, folder)

  await produce(place, 50, { seed: 'image' })
  await waitUntil(async () => (await service.metric('orders_processed_total')) === 50, {
    deadlineMs: 20_000,
    what: 'the orders are stored',
  })

  const health = () =>
    run(process.execPath, ['deploy/healthcheck.ts'], {
      cwd: folder,
      env: { HTTP_ADDR: `:${new URL(service.url).port}`, ALLOW_ANONYMOUS: 'reads' },
    })
  assert.deepEqual(await health(), { code: 0, stdout: '', stderr: '' })
  assert.equal(await service.stop(), 0)
  const gone = await health()
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /^\S.*\n$/)
})
