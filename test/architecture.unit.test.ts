import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { importsOf, violations, type SourceFile } from './architecture.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function filesUnder(folder: string): SourceFile[] {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .map((path) => ({ path, source: readFileSync(`${ROOT}/${path}`, 'utf8') }))
}

test('every file in src keeps to the directions, owners, names and lengths of the design', () => {
  const files = filesUnder('src')
  assert.ok(files.length > 20)
  assert.deepEqual(violations(files), [])
})

test('the checker of chaos runs knows nothing of what makes them, and nothing but tests imports tests', () => {
  const files = ['chaos', 'stack', 'bench'].flatMap(filesUnder)
  assert.deepEqual(violations(files), [])
})

for (const [what, path, source] of [
  ['the order imports something of ours', 'src/order/x.ts', "import { a } from '../config/config.ts'"],
  ['the pipeline imports a technology', 'src/pipeline/x.ts', "import { a } from '../kafka/a.ts'"],
  [
    'the pipeline imports a type of a technology',
    'src/pipeline/x.ts',
    "import type { A } from '../kafka/a.ts'",
  ],
  ['a technology imports another', 'src/http/x.ts', "import { a } from '../telemetry/a.ts'"],
  ['a technology imports a value of the pipeline', 'src/kafka/x.ts', "import { a } from '../pipeline/a.ts'"],
  ['a type among values', 'src/kafka/x.ts', "import { type A } from '../pipeline/a.ts'"],
  ['a value named type', 'src/kafka/x.ts', "import type, { a } from '../pipeline/a.ts'"],
  ['an import over several lines', 'src/kafka/x.ts', "import {\n  a,\n  b,\n} from '../pipeline/a.ts'"],
  ['a re-export', 'src/http/x.ts', "export { a } from '../cache/a.ts'"],
  ['a re-export of everything', 'src/http/x.ts', "export * as a from '../cache/a.ts'"],
  ['an import for its effect', 'src/http/x.ts', "import '../cache/a.ts'"],
  ['a dynamic import', 'src/http/x.ts', "const a = await import('../cache/a.ts')"],
  ['an import behind another statement', 'src/http/x.ts', "const a = 1; import { b } from '../cache/a.ts'"],
  ['an import behind a comment', 'src/http/x.ts', "/* it's */ import { b } from '../cache/a.ts'"],
  ['the Kafka client elsewhere', 'src/pipeline/x.ts', "import { Consumer } from '@platformatic/kafka'"],
  ['the driver elsewhere', 'src/audit/x.ts', "import pg from 'pg'"],
  ['a part of the driver elsewhere', 'src/main.ts', "import Pool from 'pg-pool'"],
  ['a type of the driver elsewhere', 'src/audit/x.ts', "import type { Pool } from 'pg'"],
  ['input and output in a pure folder', 'src/order/x.ts', "import { readFileSync } from 'node:fs'"],
  ['the stack in what ships', 'src/main.ts', "import { up } from '../stack/up.ts'"],
  ['a test in what ships', 'src/order/x.ts', "import { a } from '../../test/order/a.ts'"],
  ['main imported by others', 'src/http/x.ts', "import { a } from '../main.ts'"],
  ['an import without .ts', 'src/order/x.ts', "import { a } from './a'"],
  ['a folder without a direction', 'src/misc/x.ts', "import { a } from './a.ts'"],
  ['the environment elsewhere', 'src/main.ts', "if (process.env['X'] === '1') stop()"],
  ['the environment by another spelling', 'src/main.ts', "const { X } = process['env']"],
  ['the environment by an import', 'src/http/x.ts', "import { env } from 'node:process'"],
  ['a file named utils', 'src/order/utils.ts', ''],
  ['a folder named helpers', 'src/http/helpers/x.ts', ''],
  ['an index', 'src/order/index.ts', ''],
  ['a long file', 'src/order/x.ts', 'a()\n'.repeat(251)],
] as const) {
  test(`${what}: found`, () => assert.equal(violations([{ path, source }]).length, 1))
}

for (const [what, path, source] of [
  ['the order into a technology', 'src/http/x.ts', "import { a } from '../order/a.ts'"],
  ['a type of the pipeline into a technology', 'src/kafka/x.ts', "import type { A } from '../pipeline/a.ts'"],
  ['a type over several lines', 'src/kafka/x.ts', "import type {\n  A,\n} from '../pipeline/a.ts'"],
  ['everything into main', 'src/main.ts', "import { a } from './kafka/a.ts'\nimport { b } from './cli/b.ts'"],
  ['everything into a command', 'src/cli/x.ts', "import { a } from '../postgres/a.ts'"],
  ['its own folder', 'src/http/x.ts', "import { a } from './a.ts'"],
  ['the version', 'src/main.ts', "import about from '../package.json' with { type: 'json' }"],
  ['the client where it belongs', 'src/kafka/x.ts', "import { Consumer } from '@platformatic/kafka'"],
  ['the environment in the configuration', 'src/config/config.ts', 'const env = process.env'],
  ['the environment in a comment', 'src/main.ts', '// process.env is read elsewhere\n/* process.env */ a()'],
  ['an import in a comment', 'src/http/x.ts', "/*\nimport { a } from '../cache/a.ts'\n*/"],
  ['a type that is exported', 'src/http/x.ts', "export type A = 'a' | '../cache/a.ts'"],
  ['a constant that is exported', 'src/http/x.ts', "export const a = '../cache/a.ts'"],
  ['the checker in a chaos run', 'chaos/run.ts', "import { a } from './checker/a.ts'"],
  ['what does not ship', 'stack/x.ts', "import { a } from '../src/kafka/a.ts'\nprocess.env['X']"],
] as const) {
  test(`${what}: allowed`, () => assert.deepEqual(violations([{ path, source }]), []))
}

test('no import in src is overlooked', () => {
  for (const { path, source } of filesUnder('src')) {
    const begun = source.match(/^import\b/gm) ?? []
    assert.ok(importsOf(source).length >= begun.length, path)
  }
})
