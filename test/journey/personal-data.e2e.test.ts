import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readAudit } from '../audit/run-audit.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { uniqueName, waitUntil } from '../stack-under-test.ts'

const PRODUCE = join(import.meta.dirname, '../../src/cli/produce.ts')
const MODEL = join(import.meta.dirname, '../fixtures/model.json')

test('what is personal in orders stands in no log line, no metric and no header of a dead letter', async (t) => {
  const place = await placeOnSharedStack(t)
  const service = await startServiceProcess(t, { ...place.environment, LOG_LEVEL: 'debug' })
  const marker = 'Zaphod-Planted'
  const order = JSON.parse(readFileSync(MODEL, 'utf8')) as {
    delivery: Record<string, string>
    payment: { amount: unknown }
  }
  for (const field of ['name', 'phone', 'address', 'city']) order.delivery[field] = marker
  order.delivery['email'] = `${marker}@example.test`
  const valid = JSON.stringify(order)
  order.payment.amount = marker
  const file = join(tmpdir(), `${uniqueName('personal')}.ndjson`)
  t.after(() => rmSync(file, { force: true }))
  writeFileSync(file, [valid, JSON.stringify(order), valid.slice(0, 300)].join('\n'))
  const env = { PATH: process.env['PATH'] ?? '', ...place.environment }
  await promisify(execFile)(process.execPath, [PRODUCE, '--file', file], { env })
  const stored = async (): Promise<boolean> => (await fetch(`${service.url}/orders/b563feb7b2b84b6test`)).ok
  await waitUntil(stored, { deadlineMs: 20_000, what: 'the valid order is stored' })
  assert.deepEqual((await readAudit(place.environment, '--settled')).off, [])

  const letters = await query<{ message: string; headers: [string, string | null][]; value: Buffer }>(
    place.dsn,
    'select error_message as message, headers, value from dlq',
  )
  assert.equal(letters.length, 2)
  for (const { message, headers, value } of letters) {
    assert.ok(value.includes(marker), 'the dead letter keeps its value')
    const said = headers.map(([, text]) => Buffer.from(text ?? '', 'base64').toString())
    assert.ok(![message, ...said].some((text) => text.includes(marker)))
  }
  assert.ok(!JSON.stringify(service.events).includes(marker))
  assert.ok(!(await (await fetch(`${service.url}/metrics`)).text()).includes(marker))
})
