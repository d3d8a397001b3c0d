import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { waitUntil } from '../stack-under-test.ts'
import { MODEL } from './hostile-orders.ts'
import { openMadeUpPages, see } from './made-up-pages.ts'
import { madeUpLetter, TOKEN } from './made-up-service.ts'

const { service, open } = await openMadeUpPages({ after, afterEach })
const UID = MODEL.order_uid
service.orders.set(UID, MODEL)

const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] }
const clipped = (page: Page): Promise<unknown> => page.evaluate('navigator.clipboard.readText()')

describe('an order', () => {
  it('is copied and downloaded as the bytes that are stored', async () => {
    const page = await open(`/orders/${UID}`, clipboard)
    await page.getByRole('button', { name: 'Copy JSON' }).click()
    await see(page, 'Copied')
    assert.equal(await clipped(page), JSON.stringify(MODEL))
    await page.getByRole('button', { name: 'Copy curl' }).click()
    await waitUntil(async () => (await clipped(page)) === `curl '${service.url}/order/${UID}'`, {
      deadlineMs: 10_000,
      what: 'the command is copied',
    })
    await page.getByRole('button', { name: 'Copy link' }).click()
    await waitUntil(async () => (await clipped(page)) === page.url(), {
      deadlineMs: 10_000,
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
    const uid = 'twice'
    service.orders.set(uid, { ...MODEL, order_uid: uid })
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
