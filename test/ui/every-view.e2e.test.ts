import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { buildPage } from '../../ui/build.ts'
import { accessibilityFaults, goTo, openBrowser, openPage } from './browser.ts'
import { MODEL } from './hostile-orders.ts'
import { madeUpLetter, openMadeUpService } from './made-up-service.ts'

await buildPage()
const service = await openMadeUpService()
after(() => service.close())
const browser = await openBrowser({ after })

service.orders.set(MODEL.order_uid, MODEL)
for (const number of [1, 2, 3]) {
  const uid = `same-track-${number}`
  service.orders.set(uid, { ...MODEL, order_uid: uid, track_number: 'WBSAMETRACK' })
}
service.deadLetters.set('broken', madeUpLetter('broken'))
service.retrying.set('waiting', {
  topic: 'orders',
  partition: 1,
  offset: 7,
  retry: 2,
  retry_max: 10,
  not_before: new Date(Date.now() + 600_000).toISOString(),
  first_failed_at: new Date(Date.now() - 60_000).toISOString(),
  error_type: 'serialization_conflict',
  error_message: 'could not serialize access',
})

interface View {
  readonly path: string
  /** It is there when this is. */
  readonly ready: string
  readonly fail?: 401 | 503
}

const VIEWS: Readonly<Record<string, View>> = {
  'the flow': { path: '/', ready: '.journey' },
  'an order': { path: `/orders/${MODEL.order_uid}`, ready: '.raw' },
  'an order that waits': { path: '/orders/waiting', ready: '.notice-waits' },
  'a dead letter': { path: '/orders/broken', ready: '.notice-failed' },
  'an order that is nowhere': { path: '/orders/nowhere', ready: '.notice .steps' },
  'what is no uid': { path: '/orders/%3Cb%3E', ready: '.order .notice' },
  'a list': { path: '/?q=WBSAMETRACK', ready: '.results tbody tr' },
  'an empty list': { path: '/?q=no%20such', ready: '.results .lead' },
  'no such page': { path: '/orders/a/b', ready: '.notice a.button' },
  'an order while the database is away': {
    path: '/orders/unavailable',
    ready: '.order [role=alert]',
    fail: 503,
  },
  'signing in': { path: '/orders/signed-out', ready: 'input[type=password]', fail: 401 },
}

const SCREENS = {
  'wide and English': { locale: 'en-GB', viewport: { width: 1440, height: 900 } },
  'on a telephone and Russian': { locale: 'ru-RU', viewport: { width: 360, height: 740 } },
} as const

describe('every view is accessible, keeps the policy and needs no sideways scrolling', () => {
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`${screen}, ${colorScheme}`, async () => {
        service.fail = undefined
        const { page, faults, close } = await openPage(browser, `${service.url}/`, {
          ...options,
          colorScheme,
        })
        const found: string[] = []
        for (const [name, { path, ready, fail }] of Object.entries(VIEWS)) {
          service.fail = fail
          await goTo(page, path)
          await page.locator(ready).first().waitFor()
          found.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`))
        }
        service.fail = undefined
        await page.goto(service.url)
        await page.locator('.setting').last().click()
        await page.locator('dialog[open]').waitFor()
        found.push(...(await faultsOf(page)).map((fault) => `the keys: ${fault}`))
        assert.deepEqual([...found, ...faults], [])
        await close()
      })
    }
  }
})

describe('on paper', () => {
  it('an order is dark on light, also for who reads in the dark, and without what can only be pressed', async () => {
    const { page, faults, close } = await openPage(browser, `${service.url}/orders/${MODEL.order_uid}`, {
      colorScheme: 'light',
    })
    await page.locator('.raw').waitFor()
    const paper = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await paper()
    await page.evaluate(`document.documentElement.dataset.theme = 'dark'`)
    assert.notEqual(await paper(), light)
    await page.emulateMedia({ media: 'print' })
    assert.equal(await paper(), light)
    assert.equal(await page.locator('.header, .button').filter({ visible: true }).count(), 0)
    assert.deepEqual(faults, [])
    await close()
  })
})

async function faultsOf(page: Page): Promise<string[]> {
  const found = await accessibilityFaults(page)
  const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  return Number(over) <= 0 ? found : [...found, `${String(over)} pixels too wide`]
}
