import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { buildPage } from '../../ui/build.ts'
import { waitUntil } from '../stack-under-test.ts'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { MODEL } from './hostile-orders.ts'
import { madeUpLetter, openMadeUpService, TOKEN } from './made-up-service.ts'

await buildPage()
const service = await openMadeUpService()
after(() => service.close())
const browser = await openBrowser({ after })
const UID = MODEL.order_uid
service.orders.set(UID, MODEL)
for (const number of [1, 2, 3]) {
  const uid = `same-track-${number}`
  service.orders.set(uid, { ...MODEL, order_uid: uid, track_number: 'WBSAMETRACK' })
}

let opened: WatchedPage | undefined
afterEach(async () => {
  const faults = opened?.faults ?? []
  await opened?.close()
  opened = undefined
  service.fail = undefined
  assert.deepEqual(faults, [])
})

async function open(path: string, options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  opened = await openPage(browser, service.url + path, options)
  return opened.page
}

async function see(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor()
}

const CTRL_K = { key: 'k', code: 'KeyK', ctrlKey: true }
const CTRL_RUSSIAN_K = { key: 'л', code: 'KeyK', ctrlKey: true }

const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] }
const clipped = (page: Page): Promise<unknown> => page.evaluate('navigator.clipboard.readText()')

describe('searching', () => {
  it('begins with / and opens an order by its uid, with the keyboard alone', async () => {
    const page = await open('/')
    await page.keyboard.press('/')
    await page.keyboard.type(`${service.url}/orders/${UID}`)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/orders/${UID}`)
    await see(page, 'Test Testov')
    await page.getByRole('columnheader', { name: 'Brand' }).waitFor()
    assert.equal(await page.title(), `Order ${UID} · Sluice`)
    await page.goBack()
    await see(page, 'records unaccounted')
  })

  it('opens the only order of a track number, and lists the orders of one that several have', async () => {
    const page = await open('/')
    const box = page.getByRole('searchbox')
    await box.fill(MODEL.track_number)
    await box.press('Enter')
    await page.waitForURL(`**/orders/${UID}`)
    await box.fill('WBSAMETRACK')
    await box.press('Enter')
    await see(page, '3 orders with this track number')
    for (const key of ['j', 'j', 'k', 'j', 'Enter']) await page.keyboard.press(key)
    await page.waitForURL('**/orders/same-track-2')
    await page.goto(`${service.url}/?q=no%20such%20track`)
    await see(page, 'Nothing found')
  })

  it('begins with Ctrl-K, while somebody types too, and with the same keys in a Russian layout', async () => {
    const page = await open('/')
    const box = page.getByRole('searchbox')
    const focused = (): Promise<boolean> => box.evaluate((each) => each === each.ownerDocument.activeElement)
    for (const press of [{ key: '/', code: 'Slash' }, { key: '.', code: 'Slash' }, CTRL_K, CTRL_RUSSIAN_K]) {
      await page.evaluate(`document.activeElement.blur()`)
      assert.equal(await focused(), false)
      await page.evaluate(
        `document.body.dispatchEvent(new KeyboardEvent('keydown', ${JSON.stringify({ ...press, bubbles: true, cancelable: true })}))`,
      )
      assert.equal(await focused(), true, JSON.stringify(press))
    }
    await box.fill('a b')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('c')
    assert.equal(await box.inputValue(), 'c')
    await page.keyboard.press('Escape')
    assert.equal(await focused(), false)
  })

  it('goes on behind the orders it shows when more of them could not be read at first', async () => {
    for (let number = 0; number < 60; number++) {
      const uid = `many-${number}`
      service.orders.set(uid, { ...MODEL, order_uid: uid, track_number: 'WBMANY' })
    }
    const page = await open('/?q=WBMANY')
    await see(page, 'The newest 50 orders')
    service.fail = 503
    await page.getByRole('button', { name: 'Show more' }).click()
    await see(page, 'The database can’t be reached')
    assert.equal(await page.getByText('50 orders with this track number').count(), 1)
    await see(page, 'The newest 50 orders')
    service.fail = undefined
    await page.getByRole('button', { name: 'Try now' }).click()
    await see(page, '60 orders with this track number')
    assert.equal(await page.locator('tbody tr').count(), 60)
  })
})

describe('an order', () => {
  it('is copied and downloaded as the bytes that are stored', async () => {
    const page = await open(`/orders/${UID}`, clipboard)
    await page.getByRole('button', { name: 'Copy JSON' }).click()
    await see(page, 'Copied')
    assert.equal(await clipped(page), JSON.stringify(MODEL))
    await page.getByRole('button', { name: 'Copy curl' }).click()
    await waitUntil(async () => (await clipped(page)) === `curl '${service.url}/order/${UID}'`, {
      deadlineMs: 2_000,
      what: 'the command is copied',
    })
    await page.getByRole('button', { name: 'Copy link' }).click()
    await waitUntil(async () => (await clipped(page)) === page.url(), {
      deadlineMs: 2_000,
      what: 'the link is copied',
    })
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    assert.equal(download.suggestedFilename(), `${UID}.json`)
    assert.equal(readFileSync(await download.path(), 'utf8'), JSON.stringify(MODEL))
  })

  it('tells where it came from, and shows its raw JSON', async () => {
    const page = await open(`/orders/${UID}`)
    await see(page, 'orders, partition 2, offset 1204331')
    await see(page, 'memory')
    await page.getByText('Raw JSON').click()
    assert.deepEqual(JSON.parse(await page.locator('pre').innerText()), MODEL)
  })

  it('that waits for a retry says so, and appears when it is stored', async () => {
    service.retrying.set('waiting', {
      topic: 'orders',
      partition: 1,
      offset: 7,
      retry: 2,
      retry_max: 10,
      not_before: new Date(Date.now() + 12_000).toISOString(),
      first_failed_at: new Date(Date.now() - 60_000).toISOString(),
      error_type: 'serialization_conflict',
      error_message: 'could not serialize access',
    })
    const page = await open('/orders/waiting')
    await see(page, /Retry 2 of 10,\s+due in \d+ s|Retry 2 of 10,\s+due in [\d.]+ s/)
    await see(page, 'Met another transaction')
    service.orders.set('waiting', { ...MODEL, order_uid: 'waiting' })
    service.retrying.delete('waiting')
    await see(page, 'Test Testov')
  })

  it('that is a dead letter says why', async () => {
    service.deadLetters.set('broken', madeUpLetter('broken'))
    const page = await open('/orders/broken')
    await see(page, 'It is a dead letter')
    await see(page, '/payment/currency: does not match')
    await see(page, 'partition 3, offset 88123')
  })

  it('that is stored tells of other records with its uid', async () => {
    const uid = 'same-track-3'
    service.deadLetters.set(uid, { ...madeUpLetter('conflict'), error_type: 'conflict' })
    const page = await open(`/orders/${uid}`)
    await see(page, 'Test Testov')
    await see(page, 'Another record with this uid is a dead letter')
  })

  it('that is nowhere is told from one that can not be looked up', async () => {
    const page = await open('/orders/nobody-knows-it')
    await see(page, 'No such order here')
    await see(page, 'Everything that was seen in Kafka is accounted for')
    // Also by other instances, whose partitions are not in the numbers of this one.
    service.unread = 12
    await page.getByRole('button', { name: 'Look again' }).click()
    await see(page, '12 records are still to be read')
    service.unread = 0
    service.fail = 503
    await page.getByRole('button', { name: 'Look again' }).click()
    await see(page, 'The database can’t be reached')
    assert.equal(await page.getByText('No such order here').count(), 0)
    service.fail = undefined
    await page.getByRole('button', { name: 'Try now' }).click()
    await see(page, 'No such order here')
  })
})

describe('an address', () => {
  it('that can not be of an order, or of nothing here, says so and asks nobody', async () => {
    const page = await open('/orders/%E2%80%AE%3Cb%3E')
    await see(page, 'This can’t be an order uid')
    assert.equal(await page.title(), 'Order U+202E<b> · Sluice')
    await page.goto(`${service.url}/orders/a/b`)
    await see(page, 'There is no such page')
    await page.getByRole('link', { name: 'To the flow' }).click()
    await see(page, 'records unaccounted')
  })
})

describe('signing in', () => {
  it('is asked for where reading needs a token, and refuses a wrong one', async () => {
    service.fail = 401
    const page = await open(`/orders/${UID}`)
    await page.getByLabel('Token').fill('wrong')
    await page.keyboard.press('Enter')
    await see(page, 'That is not the token.')
    await page.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await see(page, 'Test Testov')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
  })
})

describe('preferences', () => {
  it('follow the browser until somebody chooses, and are remembered then', async () => {
    const page = await open('/', { locale: 'ru-RU', colorScheme: 'dark', timezoneId: 'Asia/Kolkata' })
    await see(page, 'записей не учтено')
    const colours = (): Promise<unknown> =>
      page.evaluate('[document.documentElement.lang, getComputedStyle(document.body).backgroundColor]')
    const [lang, dark] = (await colours()) as [string, string]
    assert.equal(lang, 'ru')
    await page.getByRole('button', { name: /^Язык/ }).click()
    await page.getByRole('button', { name: 'Colours: As the system' }).click()
    await page.getByRole('button', { name: 'Times: Relative' }).click()
    await page.reload()
    await see(page, 'records unaccounted')
    const [reloaded, light] = (await colours()) as [string, string]
    assert.equal(reloaded, 'en')
    assert.notEqual(light, dark)
    await page.goto(`${service.url}/orders/${UID}`)
    await see(page, '2021-11-26 06:22:19 UTC')
    await page.getByRole('button', { name: 'Times: UTC' }).click()
    await see(page, '2021-11-26 11:52:19 UTC+5:30')
  })
})
