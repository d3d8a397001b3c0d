import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { Counters, FlowSample } from '../../ui/api/flow-sample.ts'
import { waitUntil } from '../stack-under-test.ts'
import { after as later, firstSample } from './made-up-flow.ts'
import { openMadeUpPages, see } from './made-up-pages.ts'
import { madeUpLetter } from './made-up-service.ts'

const pages = await openMadeUpPages({ after, afterEach })
const { service } = pages

let sample = firstSample()

beforeEach(() => {
  sample = firstSample()
  service.sample(sample)
})

async function open(options: Parameters<typeof pages.open>[1] = {}): Promise<Page> {
  const page = await pages.open('/', options)
  await see(page, 'Live')
  return page
}

function tick(more: Partial<Counters>, changes: Partial<FlowSample> = {}): void {
  sample = later(sample, more, changes)
  service.sample(sample)
}

/** The rows of the table that stands beside the picture for those who can't see it. */
async function journey(page: Page): Promise<Record<string, string>> {
  const rows = await page.locator('.journey tbody tr').all()
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()))
  return Object.fromEntries(cells.map(([name = '', rate, total]) => [name, `${rate} | ${total}`]))
}

async function journeyIs(page: Page, wanted: Readonly<Record<string, string>>): Promise<void> {
  await waitUntil(
    async () => {
      const shown = await journey(page)
      assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, shown[name]])), wanted)
      return true
    },
    { deadlineMs: 10_000, what: 'the picture shows these numbers' },
  )
}

describe('the flow', () => {
  it('shows what the counters say, per second and in all', async () => {
    const page = await open()
    await see(page, 'records unaccounted')
    await see(page, '3,651,204 records read, and each has its place.')
    for (let second = 0; second < 3; second++) tick({ stored: 1_200, duplicates: 12, dead_lettered: 3 })
    await journeyIs(page, {
      'Read from Kafka': '1,215 | 1,221,459 in all',
      'Stored in PostgreSQL': '1,200 | 1,207,931 in all',
      Duplicates: '12 | 12,876 in all · known already',
      'Dead letters': '3 | 621 in all · 0 open',
      Retrying: '0 | 31 in all · 0 waiting',
    })
    tick({}, { lag: { records: 18_200, seconds: 75, headroom_seconds: null } })
    await journeyIs(page, { Waiting: '18,200 | 1 min 15 s' })
    await page.locator('.vital.waits').waitFor()
  })

  it('plots how long orders took from produced to stored, also for who can’t see it', async () => {
    const page = await open()
    const plot = page.getByRole('region', { name: 'From produced to stored' })
    await plot.getByText('Nothing was stored since the page was opened.').waitFor()
    tick({ stored: 1_000 })
    await plot.getByText('Half within 10 ms, 99 of 100 within 210 ms.').waitFor()
    await plot.getByRole('img', { name: 'Half within 10 ms, 99 of 100 within 210 ms.' }).waitFor()
    const box = await plot.getByRole('img').boundingBox()
    await plot.getByRole('img').hover({ position: { x: (box?.width ?? 0) - 2, y: 50 } })
    await plot.locator('.plot-value', { hasText: 'Half within 10 ms' }).waitFor()
    await page.getByRole('button', { name: '15 min' }).click()
    await plot.getByText('15 min ago').waitFor()
    // A backlog: as many more took longer than is counted.
    tick(
      {},
      {
        latency: sample.latency.map(({ seconds, count }) => ({
          seconds,
          count: count + (seconds === null ? 500 : 0),
        })),
      },
    )
    await plot.getByText('Half took more than 10 s, more than 1 of 100 took over 10 s.').waitFor()
  })

  it('says so in red when the books do not balance, and when Kafka deleted what nobody had read', async () => {
    const page = await open()
    const books = { records: 9, unaccounted: 2, open_dead_letters: 4, retrying: 0, expired: 7 }
    tick({}, { books })
    await see(page, /^2$/)
    await see(page, 'Run the audit')
    await see(page, '7 records expired: Kafka deleted them before anybody read them.')
    await page.locator('.books-off').waitFor()
    tick({}, { books: null })
    await see(page, 'The ledger can’t be read just now')
  })

  it('names what is away, what is held, and why', async () => {
    const page = await open()
    const partitions = sample.partitions.map((each) =>
      each.role === 'orders' && each.partition < 3
        ? { ...each, state: 'held', reason: each.partition === 0 ? 'log_diverged' : 'database_unreachable' }
        : each,
    )
    const lag = { records: 7, seconds: 60, headroom_seconds: 601_200 }
    tick({}, { partitions, lag, circuits: { database: 'open', kafka: 'closed' }, ready: false })
    await see(page, 'PostgreSQL is away. Everything waits, nothing is lost, and it goes on by itself.')
    await see(page, '3 partitions stand still')
    await see(page, 'orders/1, orders/2')
    await see(page, 'Kafka keeps them for 6 d 23 h more.')
    await see(page, 'the log was cut: somebody has to decide')
    await see(page, 'Gate partly shut')
    await see(page, '3 of 4 held')
    await page.locator('.alert-failed').waitFor()
    tick({}, { partitions: sample.partitions.map((each) => ({ ...each, state: 'flowing', reason: null })) })
    await see(page, 'Gate open')
  })

  it('lists failures in an order that stays when their numbers change', async () => {
    const page = await open()
    const failure = (type: string, count: number) => ({ type, count, last_at: new Date().toISOString() })
    const types = (): Promise<string[]> =>
      page.locator('.panel-failures td:first-child .mono').allInnerTexts()
    tick({}, { failures: [failure('conflict', 1), failure('malformed_json', 3)] })
    await see(page, 'Other content under a stored uid')
    const before = await types()
    tick({}, { failures: [failure('malformed_json', 4), failure('conflict', 2), failure('brand_new', 1)] })
    await see(page, 'brand_new')
    assert.deepEqual(
      (await types()).filter((type) => type !== 'brand_new'),
      before,
    )
  })

  it('lists the newest dead letters, and shows later ones only when asked, so that no row moves', async () => {
    service.deadLetters.set('first-broken', madeUpLetter('first'))
    const page = await open()
    await page.getByRole('link', { name: 'first-broken' }).waitFor()
    service.deadLetters.set('second-broken', madeUpLetter('second'))
    tick({ archived: 1 })
    await see(page, '1 new ↑')
    assert.equal(await page.getByRole('link', { name: 'second-broken' }).count(), 0)
    await page.getByText('1 new ↑').click()
    await page.getByRole('link', { name: 'second-broken' }).click()
    await see(page, 'It is a dead letter')
  })
})

describe('live numbers', () => {
  it('stand still while paused, and are those of now afterwards', async () => {
    const page = await open()
    await page.keyboard.press('p')
    await see(page, /^Paused: numbers of/)
    tick({ stored: 500 })
    tick({ stored: 500 })
    await journeyIs(page, { 'Stored in PostgreSQL': '0 | 1,204,331 in all' })
    await page.getByRole('button', { name: 'Go on' }).click()
    await journeyIs(page, { 'Stored in PostgreSQL': '500 | 1,205,331 in all' })
  })

  it('are marked as old when the connection is lost, and go on by themselves', async () => {
    const page = await open()
    service.fail = 503
    service.dropStreams()
    await see(page, /^Connection lost/)
    await journeyIs(page, { 'Stored in PostgreSQL': '0 | 1,204,331 in all' })
    service.fail = undefined
    await see(page, 'Live')
    assert.equal(await page.getByText('Connection lost').count(), 0)
  })
})

describe('everybody', () => {
  it('reaches everything with the keyboard, sees where it is, and can skip to the content', async () => {
    const page = await open()
    await page.keyboard.press('Tab')
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent.trim()')
    assert.equal(await focused(), 'Skip to the content')
    const reached: unknown[] = []
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab')
      reached.push(
        await page.evaluate(`(() => {
          const { activeElement } = document
          const seen = [activeElement, activeElement.closest('.search')].some(
            (each) => each && parseFloat(getComputedStyle(each).outlineWidth) >= 2)
          return (activeElement.ariaLabel ?? activeElement.textContent.trim()) + (seen ? '' : ' UNSEEN')
        })()`),
      )
    }
    assert.deepEqual(reached, [
      'Sluice: the flow',
      '',
      'Search',
      'Language: EN',
      'Times: Relative',
      'Colours: As the system',
      'Keys',
      'Pause',
      '1 min',
      '5 min',
      '15 min',
      '60 min',
    ])
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('sees nothing move who asked for that', async () => {
    const page = await open({ reducedMotion: 'reduce' })
    tick({ stored: 1_000 })
    await page.locator('.drift').first().waitFor({ state: 'attached' })
    assert.equal(await page.evaluate('document.getAnimations().length'), 0)
  })

  it('has the whole page within 360 pixels, and more than one screen of a television', async () => {
    const page = await open({ viewport: { width: 360, height: 740 } })
    const wider = (): Promise<unknown> => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    tick({ stored: 12_345 }, { lag: { records: 1_234_567, seconds: 7_000, headroom_seconds: 597_800 } })
    await page.locator('.journey-picture.narrow').waitFor()
    assert.equal(await wider(), 0)
    // However long its value is, a label of one word keeps it on one line.
    const label = await page.locator('.vitals dt', { hasText: 'Behind' }).boundingBox()
    assert.ok((label?.height ?? 99) < 30, String(label?.height))
    await page.setViewportSize({ width: 1_920, height: 1_080 })
    await page.locator('.journey-picture.wide').waitFor()
    const size = await page.evaluate(
      `parseFloat(getComputedStyle(document.querySelector('.books-number')).fontSize)`,
    )
    assert.ok(Number(size) > 120, String(size))
  })
})
