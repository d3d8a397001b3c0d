import assert from 'node:assert/strict'
import { after, afterEach, describe, it } from 'node:test'
import { MODEL } from './hostile-orders.ts'
import { openMadeUpPages, see } from './made-up-pages.ts'

const { service, open } = await openMadeUpPages({ after, afterEach })
const UID = MODEL.order_uid
service.orders.set(UID, MODEL)
for (const number of [1, 2, 3]) {
  const uid = `same-track-${number}`
  service.orders.set(uid, { ...MODEL, order_uid: uid, track_number: 'WBSAMETRACK' })
}

const CTRL_K = { key: 'k', code: 'KeyK', ctrlKey: true }
const CTRL_RUSSIAN_K = { key: 'л', code: 'KeyK', ctrlKey: true }

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

  it('keeps what somebody types, and where, as soon as another view opens', async () => {
    const page = await open(`/orders/${UID}`)
    await see(page, 'Test Testov')
    const box = page.getByRole('searchbox')
    await page.evaluate(`{
      document.querySelector('a.brand').click()
      const box = document.querySelector('[type=search]')
      box.focus()
      box.value = 'WBSAMETRACK'
      box.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }`)
    await see(page, 'records unaccounted')
    await page.evaluate('new Promise((seen) => requestAnimationFrame(() => setTimeout(seen, 100)))')
    assert.equal(await box.inputValue(), 'WBSAMETRACK')
    await page.keyboard.press('Enter')
    await see(page, '3 orders with this track number')
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
