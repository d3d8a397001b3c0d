import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { chromiumPath } from './chromium.ts'

interface Afterwards {
  after(undo: () => void | Promise<void>): void
}

/** Nothing but pages of ours: no sandbox, since tests may run as root, and nothing that calls home. */
const ARGUMENTS = [
  '--headless=shell',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-pings',
]

/** A real Chromium out of a package, closed after the tests. */
export async function openBrowser(test: Afterwards): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ARGUMENTS,
    handleSIGINT: false,
    handleSIGTERM: false,
  })
  test.after(() => browser.close())
  return browser
}

export interface WatchedPage {
  readonly page: Page
  /** What must never happen: broken policies, errors of scripts, dialogs, requests to elsewhere. */
  readonly faults: readonly string[]
  readonly close: () => Promise<void>
}

/** Reports a broken policy to the test the moment it happens. */
const WATCH = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  reportFault('policy: ' + violatedDirective + ' ' + blockedURI + ' ' + sample))`

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1440, height: 900 },
    ...options,
  })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const faults: string[] = []
  const { origin } = new URL(url)
  await page.exposeFunction('reportFault', (what: string) => faults.push(what))
  await page.addInitScript(WATCH)
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // An answer that is no 200 is written to the console by the browser itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(`console: ${message.text()}`)
    }
  })
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.origin !== origin && to.protocol !== 'blob:') faults.push(`request: ${request.url()}`)
  })
  await page.goto(url)
  return { page, faults, close: () => context.close() }
}

/** What an automatic check finds against WCAG 2.2 A and AA. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

export interface Visit {
  readonly path: string
  /** The page is there when its heading is this and something that fits `ready` is in it. */
  readonly heading: string
  readonly ready: string
  /** Whose texts to bring back. */
  readonly texts: Readonly<Record<string, string>>
}

/** Goes to views as links within the page do, and brings back texts, with one trip to the browser for all. */
export async function visit(page: Page, visits: readonly Visit[]): Promise<Record<string, string[]>[]> {
  const seen = await page.evaluate(`(async (visits) => {
    const seen = []
    for (const { path, heading, ready, texts } of visits) {
      history.pushState(null, '', path)
      dispatchEvent(new PopStateEvent('popstate'))
      const deadline = performance.now() + 20000
      while (document.querySelector('h1')?.textContent !== heading || document.querySelector(ready) === null) {
        if (performance.now() > deadline) throw new Error('never ready: ' + path)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      for (const each of document.querySelectorAll('details')) each.open = true
      seen.push(Object.fromEntries(Object.entries(texts).map(
        ([name, selector]) => [name, Array.from(document.querySelectorAll(selector), (each) => each.textContent)])))
    }
    return seen
  })(${JSON.stringify(visits)})`)
  return seen as Record<string, string[]>[]
}

/** Moves within the page, as its links do. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  )
}
