import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { FlowSample } from '../../ui/api/flow-sample.ts'
import { visibleText } from '../../ui/format/visible.ts'
import { buildPage } from '../../ui/build.ts'
import { runCommand } from '../journey/run-command.ts'
import { waitUntilSettled } from '../recovery/books.ts'
import { placeOnSharedStack, query } from '../recovery/place.ts'
import { startServiceProcess } from '../service-under-test.ts'
import { waitUntil } from '../stack-under-test.ts'
import { openBrowser, openPage, visit } from './browser.ts'
import { MODEL, orderFullOf, TEXT_FIELDS } from './hostile-orders.ts'
import { POLICY } from './made-up-service.ts'
import { PAYLOADS } from './payloads.ts'

await buildPage()
const place = await placeOnSharedStack({ after })
const service = await startServiceProcess({ after }, place.environment)
const browser = await openBrowser({ after })
const { page, faults } = await openPage(browser, service.url)

async function produce(args: readonly string[], input = ''): Promise<void> {
  const { code, stderr } = await runCommand('produce', args, place.environment, input)
  assert.equal(code, 0, stderr)
}

/** Totals of the picture, by the name of the place. */
async function totals(): Promise<Record<string, number>> {
  const rows = await page.locator('.journey tbody tr').allInnerTexts()
  return Object.fromEntries(
    rows.map((row) => {
      const [name = '', , total = ''] = row.split('\t')
      return [name, Number(/^[\d,]+/.exec(total)?.[0].replaceAll(',', ''))]
    }),
  )
}

before(async () => {
  const orders = [MODEL, ...PAYLOADS.map((text, number) => orderFullOf(text, `full-${number}`))]
  await produce(['--file', '-'], orders.map((order) => JSON.stringify(order)).join('\n'))
})

describe('the page of a real service', () => {
  it('shows numbers that are the deltas of /metrics, while records flow', async () => {
    const shares = ['--invalid', '0.02', '--duplicate', '0.03', '--conflict', '0.01']
    await produce(['--count', '2000', ...shares, '--seed', place.orders])
    await waitUntilSettled(place)
    const counted = async (outcome: string): Promise<number> =>
      service.metric('orders_records_total', `outcome="${outcome}"`)
    const stored = await counted('stored')
    assert.equal(stored, 1_941)
    await waitUntil(
      async () => {
        const shown = await totals()
        assert.equal(shown['Stored in PostgreSQL'], stored)
        assert.equal(shown['Dead letters'], await counted('dead_lettered'))
        assert.equal(shown['Duplicates'], await counted('duplicates'))
        return true
      },
      { deadlineMs: 60_000, what: 'the picture shows what was counted' },
    )
    assert.equal(await service.metric('orders_unaccounted_records'), 0)
    const flow = (await (await fetch(`${service.url}/api/v1/flow`)).json()) as FlowSample
    assert.deepEqual(flow.latency.at(-1), { seconds: null, count: stored })
    const within100ms = await service.metric('orders_produce_to_stored_seconds_bucket', 'le="0.1"')
    assert.equal(flow.latency.find(({ seconds }) => seconds === 0.1)?.count, within100ms)
    await page.getByText(/^Half within .*, 99 of 100 within .*\.$/).waitFor()
    await waitUntil(
      async () => {
        assert.equal(await page.locator('.books-number').innerText(), '0')
        assert.match(
          await page.locator('.books-sum').innerText(),
          /^2,\d+ records read, and each has its place/,
        )
        assert.equal(await page.locator('.vital.failed dd').innerText(), String(await counted('archived')))
        return true
      },
      { deadlineMs: 60_000, what: 'the books are open' },
    )
  })

  it('finds an order and tells where it came from', async () => {
    await page.getByRole('searchbox').fill(MODEL.track_number)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/orders/${MODEL.order_uid}`)
    await page.getByText('Test Testov', { exact: true }).waitFor()
    await page.getByText(new RegExp(`^${place.orders}, partition \\d, offset \\d+$`)).waitFor()
    const response = await fetch(page.url(), { headers: { accept: 'text/html' } })
    assert.equal(response.headers.get('content-security-policy'), POLICY)
  })

  it('tells why a record became a dead letter, and that another is nowhere', async () => {
    const [dead] = await query<{ key: string; error_message: string }>(
      place.dsn,
      `select convert_from(key, 'UTF8') as key, error_message from dlq
       where error_type = 'invalid_order' and key is not null limit 1`,
    )
    assert.ok(dead !== undefined)
    await page.goto(`${service.url}/orders/${dead.key}`)
    await page.getByText('It is a dead letter').waitFor()
    await page.getByText(dead.error_message.slice(0, 20)).first().waitFor()
    await page.goto(`${service.url}/orders/nobody-has-seen-it`)
    await page.getByText(/Everything that was seen in Kafka is accounted for|still to be read/).waitFor()
  })

  it('shows stored scripts as text, whatever they went through', async () => {
    const seen = await visit(
      page,
      PAYLOADS.map((_, number) => ({
        path: `/orders/full-${number}`,
        heading: `full-${number}`,
        ready: '.raw',
        texts: { fields: '.order-columns .fields dd bdi, .items bdi', raw: 'pre' },
      })),
    )
    for (const [number, payload] of PAYLOADS.entries()) {
      const { fields = [], raw = [] } = seen[number] ?? {}
      assert.equal(fields.filter((text) => text === visibleText(payload)).length, TEXT_FIELDS, payload)
      assert.deepEqual(JSON.parse(raw.join('')), orderFullOf(payload, `full-${number}`))
    }
    assert.equal(await page.evaluate('typeof pwned'), 'undefined')
  })

  it('broke no policy and asked nobody else', () => assert.deepEqual(faults, []))
})
