import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
interface Bill {
  readonly bomFormat: string
  readonly components: readonly Component[]
}
interface Component {
  readonly name: string
  readonly version: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

const TOOLS = ['vite', 'playwright-core', 'knip']
/** What the page is built of: needed for development only, and shipped all the same. */
const IN_THE_PAGE = ['preact', '@preact/signals']

test('the bill of materials has every package in its exact version, and marks those that nobody needs to run it', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Manifest
  const bill = JSON.parse(
    execFileSync('npm', ['run', '-s', 'sbom'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 16_777_216 }),
  ) as Bill
  assert.equal(bill.bomFormat, 'CycloneDX')
  const find = (name: string, version: string) =>
    bill.components.find((one) => one.name === name && one.version === version) ?? assert.fail(name)
  const shipped = Object.entries(dependencies)
  for (const [name, version] of shipped) assert.equal(isForDevelopment(find(name, version)), false, name)
  for (const name of TOOLS) assert.ok(isForDevelopment(find(name, devDependencies[name] ?? '')), name)
  for (const name of IN_THE_PAGE) assert.ok(name in devDependencies, name)
})

function isForDevelopment({ properties = [] }: Component): boolean {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true')
}
