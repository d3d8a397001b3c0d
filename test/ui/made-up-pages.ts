import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { buildPage } from '../../ui/build.ts'
import { openBrowser, openPage, type WatchedPage } from './browser.ts'
import { openMadeUpService, type MadeUpService } from './made-up-service.ts'

interface Afterwards {
  after(undo: () => void | Promise<void>): void
  afterEach(undo: () => Promise<void>): void
}

export interface MadeUpPages {
  readonly service: MadeUpService
  /** One page of the service at a time; it is closed after each test, which fails if the page had faults. */
  readonly open: (path: string, options?: Parameters<typeof openPage>[2]) => Promise<Page>
}

/** A browser at a service that can be brought into any state. */
export async function openMadeUpPages(test: Afterwards): Promise<MadeUpPages> {
  await buildPage()
  const service = await openMadeUpService()
  test.after(() => service.close())
  const browser = await openBrowser(test)
  let opened: WatchedPage | undefined
  test.afterEach(async () => {
    const faults = opened?.faults ?? []
    await opened?.close()
    opened = undefined
    service.fail = undefined
    assert.deepEqual(faults, [])
  })
  return {
    service,
    open: async (path, options = {}) => {
      opened = await openPage(browser, service.url + path, options)
      return opened.page
    },
  }
}

/** Waits until the reader can see it. */
export async function see(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor()
}
