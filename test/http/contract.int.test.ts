import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestServer } from './open-test-server.ts'

const COMMITTED = join(import.meta.dirname, '..', '..', 'docs', 'openapi.json')

interface Contract {
  readonly openapi: string
  readonly info: { version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
}
interface OperationObject {
  readonly summary?: string
  readonly responses: Readonly<Record<string, { readonly description?: string }>>
}

async function servedContract(url: string): Promise<Contract> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as Contract
}

test('the contract that is served is the one that is committed (npm run contract writes it anew)', async (t) => {
  const { url } = await openTestServer(t)
  const contract = await servedContract(url)
  t.assert.fileSnapshot({ ...contract, info: { ...contract.info, version: '0' } }, COMMITTED, {
    serializers: [(value) => `${JSON.stringify(value, null, 2)}\n`],
  })
})

test('the contract is OpenAPI 3.1, and every operation says what it is for and how it can end', async (t) => {
  const { url } = await openTestServer(t)
  const { openapi, paths } = await servedContract(url)
  assert.equal(openapi, '3.1.0')
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { summary, responses }] of Object.entries(operations)) {
      assert.ok(summary !== undefined && summary !== '', `${method} ${path}`)
      const described = Object.values(responses).every(({ description }) => description !== undefined)
      assert.ok(described && Object.keys(responses).length > 0, `${method} ${path}`)
    }
  }
})

test('every reference in the contract leads somewhere', async (t) => {
  const { url } = await openTestServer(t)
  const contract = await servedContract(url)
  const references = Array.from(JSON.stringify(contract).matchAll(/"\$ref":"([^"]*)"/g), ([, to]) => to ?? '')
  assert.ok(references.length > 10)
  for (const reference of references) {
    assert.match(reference, /^#\//)
    let at: unknown = contract
    for (const part of reference.slice(2).split('/')) at = (at as Record<string, unknown> | undefined)?.[part]
    assert.notEqual(at, undefined, reference)
  }
})
