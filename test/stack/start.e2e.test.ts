import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { resetStack, stackStatus } from '../../stack/stack.ts'
import { readAddresses } from '../../stack/state.ts'
import { run } from '../journey/run-command.ts'
import { query } from '../recovery/place.ts'
import { waitUntil } from '../stack-under-test.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A checkout of its own, so that its `.stack` is nobody else's. */
const checkout = mkdtempSync(join(tmpdir(), 'sluice-start-'))
const stackDir = join(checkout, '.stack')
chmodSync(checkout, 0o755)
for (const name of ['src', 'stack', 'migrations', 'package.json'])
  cpSync(join(ROOT, name), join(checkout, name), { recursive: true })
symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
after(async () => {
  await resetStack(stackDir)
  rmSync(checkout, { recursive: true, force: true })
})

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  HTTP_ADDR: '127.0.0.1:0',
  PRODUCER_DELAY: '20',
}

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ['stack/start.ts', ...args], { cwd: checkout, env: ENVIRONMENT })
  const output = Promise.all([text(child.stdout), text(child.stderr)]).then((parts) => parts.join(''))
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  after(() => void child.kill('SIGKILL'))
  const addresses = () =>
    waitUntil(
      () => {
        if (child.exitCode !== null) throw new Error('it ended')
        const found = readAddresses(stackDir)
        return found?.http !== undefined && { dsn: found.dsn, http: found.http }
      },
      { deadlineMs: 60_000, what: 'the system runs' },
    ) as Promise<{ dsn: string; http: string }>
  return { child, exited, output, addresses }
}

async function isDown(): Promise<boolean> {
  const { servers } = await stackStatus(stackDir)
  return servers.length === 2 && !servers.some(({ running, pid }) => running || pid !== undefined)
}

test(
  'it boots Kafka and PostgreSQL, orders flow, and a key press ends all of it',
  { timeout: 120_000 },
  async () => {
    const { child, exited, output, addresses } = start()
    const { dsn, http } = await addresses()
    const [row] = (await waitUntil(
      async () => {
        const rows = await query<{ uid: string }>(dsn, 'select order_uid as uid from orders')
        return rows.length > 10 && rows
      },
      { deadlineMs: 30_000, what: 'orders of the demonstration are stored' },
    )) as { uid: string }[]
    assert.equal((await fetch(`${http}/orders/${row?.uid}`)).status, 200)
    const args = [join(checkout, 'src/cli/audit.ts'), '--json']
    const audit = await run(process.execPath, args, { cwd: checkout })
    assert.equal(audit.code, 0, audit.stdout + audit.stderr)
    // One press of Ctrl-C reaches npm and node, and npm passes its own on.
    child.kill('SIGINT')
    child.kill('SIGINT')
    assert.deepEqual(await exited, [0, null])
    assert.match(await output, /Sluice runs/)
    assert.ok(await isDown())
    assert.ok(!existsSync(join(stackDir, 'stack.json')))
  },
)

test(
  'what was stored is there at the next start, and without the producer nothing is added',
  { timeout: 120_000 },
  async () => {
    const { child, exited, addresses } = start('--no-producer')
    const { dsn, http } = await addresses()
    const uids = async () =>
      (await query<{ uid: string }>(dsn, 'select order_uid as uid from orders')).map(({ uid }) => uid)
    const [uid, ...others] = await uids()
    assert.equal((await fetch(`${http}/orders/${uid}`)).status, 200)
    assert.ok(others.length >= 10)
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.ok(await isDown())
  },
)

test('with one target alone it refuses, before anything is started', async () => {
  const env = { ...ENVIRONMENT, KAFKA_BROKERS: '127.0.0.1:9092' }
  const { code, stderr } = await run(process.execPath, ['stack/start.ts'], { env, cwd: checkout })
  assert.equal(code, 2)
  assert.match(stderr, /DB_DSN is not set in the environment, but there is KAFKA_BROKERS/)
  assert.ok(await isDown())
})
