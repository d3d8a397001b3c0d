import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../http/open-test-server.ts'
import { openBrowser, openPage } from './browser.ts'

test('the viewer at /docs shows every operation, tries one out, and keeps its policy', async (t) => {
  const { url } = await openTestServer(t, { readOrder: async () => Buffer.from('{"order_uid":"x"}') })
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> }
  const browser = await openBrowser(t)
  const { page, faults } = await openPage(browser, `${url}/docs`)
  await page.locator('.opblock').first().waitFor()
  const rows = await page.locator('.opblock-summary-path').all()
  const shown = await Promise.all(rows.map(async (row) => (await row.getAttribute('data-path')) ?? ''))
  assert.deepEqual(
    shown.toSorted(),
    Object.entries(paths)
      .flatMap(([path, operations]) => Object.keys(operations).map(() => path))
      .toSorted(),
  )
  const operation = page.locator('.opblock', { has: page.locator('[data-path="/orders/{uid}"]') })
  await operation.locator('.opblock-summary-control').click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByPlaceholder('uid').fill('x')
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table .response')
  await answer.getByText('200').first().waitFor()
  assert.match(await answer.innerText(), /"order_uid": "x"/)
  assert.deepEqual(faults, [])
})
