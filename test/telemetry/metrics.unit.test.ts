import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_TYPES, HOLD_REASONS } from '../../src/pipeline/failure.ts'
import { COUNTED } from '../../src/postgres/ledger-columns.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

/** Samples by name and labels, as Prometheus would read them. */
async function samplesOf(metrics: { text: () => Promise<string> }): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('every known label of every counter starts at 0', async () => {
  const samples = await samplesOf(createMetrics({ version: '1' }))
  for (const type of ERROR_TYPES) assert.equal(samples.get(`orders_errors_total{type="${type}"}`), 0, type)
  for (const outcome of COUNTED) {
    assert.equal(samples.get(`orders_records_total{outcome="${outcome}"}`), 0, outcome)
  }
  for (const reason of HOLD_REASONS) {
    assert.equal(samples.get(`orders_held_partitions{reason="${reason}"}`), 0, reason)
    assert.equal(samples.get(`orders_held_seconds_total{reason="${reason}"}`), 0, reason)
  }
  for (const name of [
    'orders_processed_total',
    'orders_retry_total',
    'orders_dlq_total',
    'order_processing_seconds_count',
    'orders_expired_records_total',
    'orders_fenced_batches_total',
    'orders_unaccounted_records',
    'orders_circuit_state{dependency="database"}',
    'orders_cross_field_violations_total{rule="X7"}',
    'orders_stage_seconds_count{stage="store"}',
  ]) {
    assert.equal(samples.get(name), 0, name)
  }
})

test('processing time has buckets from 5 ms to 10 s', async () => {
  const samples = await samplesOf(createMetrics({ version: '1' }))
  const bounds = [...samples.keys()].flatMap(
    (key) => /^order_processing_seconds_bucket{le="(.*)"}/.exec(key)?.[1] ?? [],
  )
  assert.equal(bounds.join(' '), '0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf')
})

test('two sets of metrics count for themselves', async () => {
  const one = createMetrics({ version: '1' })
  const other = createMetrics({ version: '1' })
  one.processed.inc(5)
  one.errors.inc({ type: 'conflict' })
  one.lagRecords.set({ topic: 'orders', partition: 0 }, 9)
  const samples = await samplesOf(one)
  assert.equal(samples.get('orders_processed_total'), 5)
  assert.equal(samples.get('orders_errors_total{type="conflict"}'), 1)
  assert.equal(samples.get('orders_lag_records{topic="orders",partition="0"}'), 9)
  assert.equal((await samplesOf(other)).get('orders_processed_total'), 0)
})

test('every metric has help, a name of the rules and no label that could hold an id', async () => {
  const text = await createMetrics({ version: '1' }).text()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  assert.ok(types.length >= 25)
  for (const [, name = '', type = ''] of types) {
    assert.match(text, new RegExp(`^# HELP ${name} [A-Z0-9].{9,}$`, 'm'))
    assert.match(name, /^(orders?|sluice)_[a-z_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
  }
  const labels = new Set([...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, label]) => label))
  const known = [
    'class',
    'dependency',
    'le',
    'node',
    'outcome',
    'partition',
    'reason',
    'rule',
    'stage',
    'topic',
  ]
  for (const label of labels) assert.ok([...known, 'type', 'version'].includes(label ?? ''), label)
})

test('the build, and on request the runtime, can be seen', async () => {
  const bare = createMetrics({ version: '1.2.3' })
  assert.match(await bare.text(), /^sluice_build_info{version="1\.2\.3",node="v\d+/m)
  assert.ok(!(await bare.text()).includes('process_resident_memory_bytes'))
  assert.match(
    await createMetrics({ version: '1', runtime: true }).text(),
    /^process_resident_memory_bytes \d+/m,
  )
  assert.equal(bare.contentType, 'text/plain; version=0.0.4; charset=utf-8')
})
