import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { buildPage } from '../../ui/build.ts'
import { visibleText } from '../../ui/format/visible.ts'
import { accessibilityFaults, goTo, openBrowser, openPage, visit } from './browser.ts'
import { after as later, firstSample } from './made-up-flow.ts'
import { orderFullOf, TEXT_FIELDS } from './hostile-orders.ts'
import { openMadeUpService } from './made-up-service.ts'
import { PAYLOADS } from './payloads.ts'

await buildPage()
const service = await openMadeUpService()
after(() => service.close())
const browser = await openBrowser({ after })

const failed = (text: string) => ({
  error_type: text,
  error_message: text,
  partition: 1,
  offset: 1,
})

PAYLOADS.forEach((text, number) => {
  service.orders.set(`full-${number}`, orderFullOf(text, `full-${number}`))
  service.retrying.set(`bad-${number}`, {
    ...failed(text),
    topic: text,
    retry: 1,
    retry_max: 10,
    not_before: new Date(Date.now() + 60_000).toISOString(),
    first_failed_at: new Date().toISOString(),
  })
  service.deadLetters.set(`bad-${number}`, {
    ...failed(text),
    entry: text,
    error_stage: text,
    attempts: 1,
    status: text,
    created_at: text,
  })
})

describe('a record that is full of scripts and hidden characters', () => {
  it('is text in every view: nothing runs, nothing is loaded, nothing is hidden', async () => {
    assert.equal(PAYLOADS.length, 60)
    const { page, faults, close } = await openPage(browser, service.url)
    const orders = await visit(
      page,
      PAYLOADS.map((_, number) => ({
        path: `/orders/full-${number}`,
        heading: `full-${number}`,
        ready: '.raw',
        texts: { fields: '.order-columns .fields dd bdi, .items bdi', raw: 'pre' },
      })),
    )
    const lists = await visit(
      page,
      PAYLOADS.map((payload) => ({
        path: `/?${new URLSearchParams({ q: payload }).toString()}`,
        heading: visibleText(payload),
        ready: '.results td a',
        texts: { cells: '.results td bdi', title: 'title' },
      })),
    )
    const absent = await visit(
      page,
      PAYLOADS.map((_, number) => ({
        path: `/orders/bad-${number}`,
        heading: `bad-${number}`,
        ready: '.notice-failed',
        texts: { errors: '.notice .mono bdi' },
      })),
    )
    for (const [number, payload] of PAYLOADS.entries()) {
      const shown = visibleText(payload)
      const { fields = [], raw = [] } = orders[number] ?? {}
      assert.equal(fields.filter((text) => text === shown).length, TEXT_FIELDS, payload)
      assert.deepEqual(JSON.parse(raw.join('')), service.orders.get(`full-${number}`), payload)
      assert.deepEqual(lists[number], { cells: [shown, shown], title: [`Search: ${shown} · Sluice`] })
      assert.deepEqual(absent[number], { errors: [shown, shown] })
    }
    assert.equal(await page.evaluate('typeof pwned'), 'undefined')
    assert.deepEqual(faults, [])
    await close()
  })

  it('is text on the flow, too, wherever the service repeats it', async () => {
    const { page, faults, close } = await openPage(browser, service.url)
    const first = firstSample()
    let sample = first
    for (const payload of PAYLOADS) {
      const partitions = first.partitions.map((each) => ({
        ...each,
        topic: payload,
        state: 'held',
        reason: payload,
      }))
      const failures = [{ type: payload, count: 1, last_at: payload }]
      sample = later(sample, {}, { partitions, failures, instance: payload, version: payload })
      service.sample(sample)
      await page.locator('.flow-foot', { hasText: visibleText(payload).slice(0, 20) }).waitFor()
    }
    assert.deepEqual(faults, [])
    await close()
  })
})

describe('the page', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be used by everybody, in ${colorScheme} colours`, async () => {
      const { page, faults, close } = await openPage(browser, service.url, { colorScheme })
      const first = firstSample()
      service.sample(first)
      service.sample(
        later(
          first,
          { stored: 900, dead_lettered: 2 },
          {
            ready: false,
            circuits: { database: 'open', kafka: 'closed' },
            lag: { records: 70_000, seconds: 90, headroom_seconds: 600_000 },
            partitions: first.partitions.map((each) => ({
              ...each,
              state: 'held',
              reason: 'database_unreachable',
            })),
            failures: [{ type: 'conflict', count: 2, last_at: new Date().toISOString() }],
            books: { records: 9, unaccounted: 1, open_dead_letters: 2, retrying: 1, expired: 1 },
          },
        ),
      )
      await page.locator('.books-off').waitFor()
      assert.deepEqual(await accessibilityFaults(page), [])
      await goTo(page, '/orders/full-40')
      await page.locator('.raw summary').click()
      assert.deepEqual(await accessibilityFaults(page), [])
      await goTo(page, colorScheme === 'light' ? '/orders/bad-40' : '/orders/nowhere')
      await page.locator('.notice').first().waitFor()
      assert.deepEqual(await accessibilityFaults(page), [])
      assert.deepEqual(faults, [])
      await close()
    })
  }
})
