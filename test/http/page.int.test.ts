import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { prefersHtml } from '../../src/http/page.ts'
import { readStaticFiles, type StaticFiles } from '../../src/http/static-files.ts'
import { openTestServer } from './open-test-server.ts'

/** A page as a build leaves it. */
function builtPage(t: TestContext): StaticFiles {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-page-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Sluice</title>')
  writeFileSync(join(folder, 'favicon.svg'), '<svg/>')
  writeFileSync(join(folder, 'assets', 'index-B1x.js'), 'export {}')
  writeFileSync(join(folder, 'assets', 'index-B1x.css'), 'html{}')
  writeFileSync(join(folder, 'notes.secret'), 'not for anybody')
  return readStaticFiles(folder)
}

test('the page is served at / under a policy that lets nothing in from elsewhere, and asked for anew each time', async (t) => {
  const { url } = await openTestServer(t, { api: { page: builtPage(t) } })
  const response = await fetch(url)
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-cache')
  assert.equal(
    response.headers.get('content-security-policy'),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  )
  assert.match(await response.text(), /<title>Sluice/)
  const etag = response.headers.get('etag') ?? ''
  assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304)
})

test('assets are kept for ever, with their type; what is no part of a page is not served', async (t) => {
  const { url } = await openTestServer(t, { api: { page: builtPage(t) } })
  const script = await fetch(`${url}/assets/index-B1x.js`)
  assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.equal(
    (await fetch(`${url}/assets/index-B1x.css`)).headers.get('content-type'),
    'text/css; charset=utf-8',
  )
  assert.equal((await fetch(`${url}/favicon.svg`)).headers.get('content-type'), 'image/svg+xml')
  for (const path of [
    '/notes.secret',
    '/assets/other.js',
    '/assets/',
    '/assets/..%2f..%2fpackage.json',
    '/index.html',
  ]) {
    assert.equal((await fetch(url + path)).status, 404, path)
  }
})

test('the page and its assets are for everybody; it asks for a token itself', async (t) => {
  const access = {
    readToken: 'read-token-0123456789',
    allowAnonymousReads: false,
    allowAnonymousChanges: false,
  }
  const { url } = await openTestServer(t, { access, api: { page: builtPage(t) } })
  for (const path of ['/', '/assets/index-B1x.js']) assert.equal((await fetch(url + path)).status, 200, path)
  const browser = { accept: 'text/html' }
  assert.equal((await fetch(`${url}/orders/x`, { headers: browser })).status, 200)
  assert.equal((await fetch(`${url}/orders/x`)).status, 401)
})

test('a folder that is not there is no page', async (t) => {
  const page = readStaticFiles(join(tmpdir(), 'sluice-no-such-folder'))
  const { url } = await openTestServer(t, { api: { page } })
  assert.match((await fetch(url)).headers.get('content-type') ?? '', /^application\/json/)
})

for (const [accept, html] of [
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', true],
  ['text/html', true],
  ['TEXT/HTML; q=1', true],
  ['text/html;q=0.9, application/json;q=0.8', true],
  ['text/html, */*', true],
  ['application/json, text/html;q=0.9', false],
  ['text/html;q=0.5, application/json', false],
  ['text/html, application/json', false],
  ['text/html;q=0', false],
  ['*/*', false],
  ['application/json', false],
  ['', false],
  [undefined, false],
  ['text/html;q=nonsense', false],
] as const) {
  test(`Accept: ${accept} ${html ? 'prefers' : 'does not prefer'} HTML`, () => {
    assert.equal(prefersHtml(accept), html)
  })
}
