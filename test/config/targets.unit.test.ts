import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError, findTargets, loadConfig } from '../../src/config/config.ts'
import { temporaryFolder } from './temporary-folder.ts'

const BROKERS = 'env:9092'
const DSN = 'postgres://env/orders'
const BOTH = { KAFKA_BROKERS: BROKERS, DB_DSN: DSN }
const FILE = { '.env': 'KAFKA_BROKERS=file:9092\nDB_DSN=postgres://file/orders\n' }
const STACK = {
  '.stack/stack.json': '{"brokers":"stack:9092","dsn":"postgres://stack/orders","http":"http://127.0.0.1:1"}',
}

for (const [what, env, files, source] of [
  ['set in the environment', BOTH, {}, 'environment'],
  ['set in the environment and elsewhere', BOTH, { ...FILE, ...STACK }, 'environment'],
  ['set in .env', {}, { ...FILE, ...STACK }, '.env'],
  ['set nowhere while a stack runs', { KAFKA_BROKERS: '' }, STACK, 'stack'],
  ['set nowhere', {}, {}, 'none'],
] as const) {
  test(`targets ${what} come from: ${source}`, (t) => {
    const found = findTargets(env, temporaryFolder(t, files))
    const name = { environment: 'env', '.env': 'file', stack: 'stack', none: undefined }[source]
    const expected = name && { brokers: [`${name}:9092`], dsn: `postgres://${name}/orders` }
    assert.deepEqual(found, { source, ...expected })
  })
}

for (const [what, env, files] of [
  ['brokers alone', { KAFKA_BROKERS: BROKERS }, {}],
  ['a database alone', { DB_DSN: DSN }, {}],
  ['a database alone, in a file', { DB_DSN_FILE: 'dsn' }, { dsn: DSN }],
  ['one in the environment, both in .env', { DB_DSN: DSN }, FILE],
  ['one in the environment, one in .env', { DB_DSN: DSN }, { '.env': 'KAFKA_BROKERS=file:9092' }],
  ['one in .env while a stack runs', {}, { '.env': 'DB_DSN=postgres://file/orders', ...STACK }],
  ['a typo in one name', { KAFKA_BROKER: BROKERS, DB_DSN: DSN }, STACK],
  ['a typo in the only name', { DB_DNS: DSN }, STACK],
  ['a damaged stack.json', {}, { '.stack/stack.json': '{"brokers":' }],
  ['a stack.json without a database', {}, { '.stack/stack.json': '{"brokers":"stack:9092"}' }],
  ['a DSN that makes no sense', { ...BOTH, DB_DSN: 'orders' }, {}],
] as const) {
  test(`targets with ${what} are refused`, (t) => {
    const cwd = temporaryFolder(t, files)
    assert.throws(() => findTargets(env, cwd), ConfigurationError)
    assert.throws(() => loadConfig({ need: ['kafka', 'database'], env, cwd }), ConfigurationError)
  })
}

test('the refusal names what is set and what is missing', (t) => {
  assert.throws(() => findTargets({ DB_DSN: DSN, KAFKA_BROKER: BROKERS }, temporaryFolder(t)), {
    problems: [
      'KAFKA_BROKERS is not set in the environment, but there is DB_DSN and KAFKA_BROKER (a typo?): ' +
        'set both targets there, or neither (a typo must not write into the wrong database)',
    ],
  })
})

test('a command that needs one target works with that one alone', (t) => {
  const cwd = temporaryFolder(t)
  const kafka = loadConfig({ need: ['kafka'], env: { KAFKA_BROKERS: BROKERS }, cwd })
  assert.deepEqual(kafka.kafka.brokers, [BROKERS])
  assert.equal(kafka.database.dsn, undefined)
  const database = loadConfig({ need: ['database'], env: { DB_DSN: DSN }, cwd })
  assert.equal(database.database.dsn, DSN)
  assert.equal(loadConfig({ need: [], env: { DB_DSN: DSN }, cwd }).kafka.brokers, undefined)
})

test('a command does not take its one target from the stack when the other is set elsewhere', (t) => {
  const cwd = temporaryFolder(t, STACK)
  assert.throws(() => loadConfig({ need: ['kafka'], env: { DB_DSN: DSN }, cwd }), /KAFKA_BROKERS is not set/)
})

test('a command without its target says how to get one', (t) => {
  assert.throws(() => loadConfig({ need: ['database'], env: {}, cwd: temporaryFolder(t) }), {
    problems: [
      'DB_DSN is not set in the environment or in .env, and no stack runs here (npm run stack -- up starts one)',
    ],
  })
})

test('the source of a target is printed', (t) => {
  const { settings } = loadConfig({ need: ['kafka'], env: {}, cwd: temporaryFolder(t, STACK) })
  assert.equal(settings.find(({ name }) => name === 'KAFKA_BROKERS')?.source, '.stack/stack.json')
})
