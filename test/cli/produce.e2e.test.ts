import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { readOrder } from '../../src/order/read-order.ts'
import { MODEL_BYTES } from '../order/fixtures.ts'
import { createTopic, readTopic } from '../kafka/topic-under-test.ts'
import { sharedStack, uniqueName, waitUntil } from '../stack-under-test.ts'

const CLI = join(import.meta.dirname, '../../src/cli/produce.ts')
const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 64 }

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let brokers: string
before(() => {
  brokers = sharedStack().brokers
})

function start(args: readonly string[], topic: string, target = brokers) {
  const env = {
    PATH: process.env['PATH'] ?? '',
    KAFKA_BROKERS: target,
    DB_DSN: 'postgresql://nobody@127.0.0.1:1/none',
    KAFKA_TOPIC: topic,
    PRODUCER_DELAY: '10',
  }
  const child = spawn(process.execPath, [CLI, ...args], { env, cwd: tmpdir() })
  const outcome = async (): Promise<Outcome> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    return { code: child.exitCode, stdout, stderr }
  }
  return { child, outcome: outcome() }
}

function produce(args: readonly string[], topic: string, input = '', target = brokers): Promise<Outcome> {
  const { child, outcome } = start(args, topic, target)
  child.stdin.end(input)
  return outcome
}

function recordsIn(topic: string, count: number): Promise<unknown> {
  const enough = async () => (await readTopic(brokers, topic)).length >= count
  return waitUntil(enough, { deadlineMs: 20_000, what: `${count} records are in the topic` })
}

test('what lies in the topic is what was acknowledged, per kind, keyed by uid and with retry 0', async () => {
  const topic = await createTopic(brokers, uniqueName('load'), 4)
  const dir = mkdtempSync(join(tmpdir(), 'sluice-produce-'))
  const list = join(dir, 'acknowledged.ndjson')
  const shares = ['--invalid', '0.01', '--duplicate', '0.01', '--conflict', '0.001']
  const args = ['--count', '10000', ...shares, '--seed', 'e2e', '--json', '--acknowledged', list]
  const { code, stdout } = await produce(args, topic)
  const lines = readFileSync(list, 'utf8').trim().split('\n')
  rmSync(dir, { recursive: true })
  assert.equal(code, 0)
  const wanted = { valid: 9790, invalid: 100, duplicate: 100, conflict: 10, total: 10_000 }
  const summary: unknown = JSON.parse(stdout)
  assert.partialDeepStrictEqual(summary, { acknowledged: wanted, seed: 'e2e', refused: 0, unacknowledged: 0 })

  const found = { valid: 0, invalid: 0, duplicate: 0, conflict: 0, total: 0 }
  const hashes = new Map<string, string>()
  for (const { key, value, headers } of await readTopic(brokers, topic)) {
    assert.deepEqual(headers, [[Buffer.from('retry'), Buffer.from('0')]])
    const result = readOrder(value, LIMITS)
    const hash = result.ok ? result.contentHash.toString('hex') : ''
    const first = hashes.get(String(key))
    if (result.ok) assert.equal(String(key), result.order.order_uid)
    if (!result.ok) found.invalid++
    else if (first === undefined) found.valid++
    else if (first === hash) found.duplicate++
    else found.conflict++
    if (result.ok && first === undefined) hashes.set(String(key), hash)
    found.total++
  }
  assert.deepEqual(found, wanted)
  assert.equal(lines.length, 10_000)
  const listed: unknown = JSON.parse(lines[0] ?? '')
  assert.partialDeepStrictEqual(listed, { kind: 'valid', topic })
})

test('each line of a file is produced as it is', async () => {
  const topic = await createTopic(brokers, uniqueName('file'), 1)
  const dir = mkdtempSync(join(tmpdir(), 'sluice-produce-'))
  const file = join(dir, 'orders.ndjson')
  const model = MODEL_BYTES.toString().trim()
  writeFileSync(file, `${model}\n\nno order \u0416\n`)
  const fromFile = await produce(['--file', file], topic)
  rmSync(dir, { recursive: true })
  const fromInput = await produce(['--file', '-', '--json'], topic, `{"order_uid":"x"}`)
  assert.deepEqual([fromFile.code, fromInput.code], [0, 0])
  assert.match(fromFile.stdout, /valid +1\ninvalid +1\n/)
  const records = await readTopic(brokers, topic)
  assert.deepEqual(
    records.map(({ key, value }) => [key?.toString(), value?.toString()]),
    [
      ['b563feb7b2b84b6test', model],
      [undefined, 'no order \u0416'],
      ['x', '{"order_uid":"x"}'],
    ],
  )
})

test('without a count it goes on at the pace of PRODUCER_DELAY until a signal, and then tells the totals', async () => {
  const topic = await createTopic(brokers, uniqueName('endless'), 1)
  const { child, outcome } = start(['--json'], topic)
  await recordsIn(topic, 5)
  child.kill('SIGINT')
  const { code, stdout } = await outcome
  assert.equal(code, 0)
  const { acknowledged } = JSON.parse(stdout) as { acknowledged: { total: number } }
  assert.equal((await readTopic(brokers, topic)).length, acknowledged.total)
})

test('a signal ends it also when standard input has no end', async () => {
  const topic = await createTopic(brokers, uniqueName('stdin'), 1)
  const { child, outcome } = start(['--file', '-'], topic)
  child.stdin.write('{"order_uid":"first"}\n')
  await recordsIn(topic, 1)
  child.kill('SIGTERM')
  const { code, stdout } = await outcome
  assert.equal(code, 0)
  assert.match(stdout, /acknowledged +1\n/)
})

test('a line that Kafka will never take makes the answer no', async () => {
  const topic = await createTopic(brokers, uniqueName('refused'), 1)
  const large = `{"order_uid":"large","x":"${'x'.repeat(1_100_000)}"}`
  const { code, stdout } = await produce(['--file', '-', '--json'], topic, `{"a":1}\n${large}\n{"b":1}\n`)
  assert.equal(code, 1)
  assert.partialDeepStrictEqual(JSON.parse(stdout), { acknowledged: { total: 2 }, refused: 1 })
})

test('wrong usage is 2, a missing topic or broker is 3', async () => {
  const missing = await produce(['--count', '1'], uniqueName('missing'))
  assert.equal(missing.code, 3)
  assert.match(missing.stderr, /there is no topic/)
  const unreachable = await produce(['--count', '1'], 'orders', '', '127.0.0.1:1')
  assert.equal(unreachable.code, 3)
  assert.match(unreachable.stderr, /can't reach Kafka at 127\.0\.0\.1:1/)
  const wrong: readonly (readonly string[])[] = [
    ['--count', '-1'],
    ['--count', '1.5'],
    ['--invalid', '2'],
    ['--rate', '0'],
    ['--rate', '1', '--delay', '1'],
    ['--file', 'x', '--count', '1'],
    ['--file', '/no/such/file'],
    ['--count', '10', '--duplicate', '1'],
    ['--unknown'],
  ]
  const codes = await Promise.all(wrong.map(async (args) => (await produce(args, 'orders')).code))
  assert.deepEqual(
    codes,
    wrong.map(() => 2),
  )
})
