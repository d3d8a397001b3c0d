import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ConfigurationError, describeConfig, loadConfig, type Config } from '../../src/config/config.ts'
import type { Environment } from '../../src/config/sources.ts'
import { temporaryFolder } from './temporary-folder.ts'

const TARGETS = { KAFKA_BROKERS: 'k1:9092', DB_DSN: 'postgres://app:s3cret@db:5432/orders' }

function load(t: TestContext, env: Environment = {}, files: Readonly<Record<string, string>> = {}): Config {
  const cwd = temporaryFolder(t, files)
  return loadConfig({ need: ['kafka', 'database'], env: { ...TARGETS, ...env }, cwd })
}

function problems(t: TestContext, env: Environment, files: Readonly<Record<string, string>> = {}) {
  try {
    load(t, env, files)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError)
    return error.problems
  }
  return []
}

test('without anything but targets, every setting has its documented default', (t) => {
  const { settings: _, ...config } = load(t)
  assert.deepEqual(
    { ...config, roles: [...config.roles] },
    {
      kafka: { brokers: ['k1:9092'], groupId: 'orders-group' },
      topics: { orders: 'orders', retries: 'orders_retry', deadLetters: 'orders_dlq', partitions: 4 },
      database: { dsn: TARGETS.DB_DSN },
      http: { host: '127.0.0.1', port: 8080 },
      access: { allowAnonymousReads: true, allowAnonymousChanges: true },
      cache: { maxBytes: 128 * 1024 * 1024 },
      retry: { max: 10, baseMs: 1000, capMs: 300_000 },
      batch: { maxRecords: 2000, maxBytes: 4_194_304, lingerMs: 15 },
      order: { maxBytes: 1_048_576, crossFieldRules: 'warn' },
      roles: ['orders', 'retries', 'dead-letters', 'http'],
      migrate: 'auto',
      logLevel: 'info',
      producer: { delayMs: 5000 },
      drainTimeoutMs: 9000,
      warnings: [],
    },
  )
})

test('every problem is reported at once, each with name, what is allowed, shape and source', (t) => {
  const found = problems(
    t,
    { RETRY_MAX: 'many', CACHE_MB: '-1', HTTP_ADDR: '8080', ROLES: 'orders,cook', KAFKA_TOPIC: '..' },
    { '.env': 'MIGRATE=maybe\nBATCH_LINGER_MS=1.5\n' },
  )
  assert.equal(found.length, 7)
  const text = found.join('\n')
  assert.match(
    text,
    /RETRY_MAX must be a whole number from 0 to 1000; given is a text of 4 characters \(environment\)/,
  )
  assert.match(text, /CACHE_MB .* a negative number/)
  assert.match(text, /HTTP_ADDR .* a whole number of 4 digits/)
  assert.match(text, /ROLES must be a comma-separated choice of orders, retries, dead-letters, http;/)
  assert.match(text, /MIGRATE must be one of auto, off; given is a text of 5 characters \(\.env\)/)
  assert.match(text, /BATCH_LINGER_MS .* a number with a fraction/)
})

test('the value of a rejected secret is in no problem', (t) => {
  const found = problems(t, {
    DB_DSN: 'postgres://app:hunter2@db:5432/',
    ADMIN_TOKEN: 'hunter2',
    READ_TOKEN: 'hunter2 hunter2 hunter2',
  })
  assert.equal(found.length, 3)
  assert.ok(!found.join().includes('hunter2'))
})

test('the environment wins over .env, and .env over the default', (t) => {
  const config = load(t, { RETRY_MAX: '1' }, { '.env': 'RETRY_MAX=2\nCACHE_MB="3" # MiB\n' })
  assert.equal(config.retry.max, 1)
  assert.equal(config.cache.maxBytes, 3 * 1024 * 1024)
})

test('an empty text counts as not set', (t) => {
  assert.equal(load(t, { RETRY_MAX: '' }, { '.env': 'RETRY_MAX=2' }).retry.max, 2)
  assert.equal(load(t, { RETRY_MAX: '' }).retry.max, 10)
})

for (const [text, address] of [
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  [':8080', { host: undefined, port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.256:80', undefined],
  ['[::zz]:80', undefined],
  ['::1:80', undefined],
  ['http://localhost:80', undefined],
] as const) {
  test(`HTTP_ADDR=${text} is ${address ? 'understood' : 'refused'}`, (t) => {
    if (address === undefined) assert.equal(problems(t, { HTTP_ADDR: text }).length, 1)
    else assert.deepEqual(load(t, { HTTP_ADDR: text, ALLOW_ANONYMOUS: 'reads' }).http, address)
  })
}

const READ_TOKEN = 'r'.repeat(16)
const ADMIN_TOKEN = 'a'.repeat(16)
for (const [env, outcome] of [
  [{ HTTP_ADDR: '127.0.0.1:80' }, 'anonymous'],
  [{ HTTP_ADDR: '127.8.9.1:80', ADMIN_TOKEN }, 'anonymous'],
  [{ HTTP_ADDR: 'localhost:80', READ_TOKEN }, 'token'],
  [{ HTTP_ADDR: ':80' }, 'refused'],
  [{ HTTP_ADDR: '10.0.0.1:80' }, 'refused'],
  [{ HTTP_ADDR: '[::]:80' }, 'refused'],
  [{ HTTP_ADDR: '127.0.0.1.example.com:80' }, 'refused'],
  [{ HTTP_ADDR: ':80', ALLOW_ANONYMOUS: 'reads' }, 'anonymous'],
  [{ HTTP_ADDR: ':80', READ_TOKEN }, 'token'],
  [{ HTTP_ADDR: ':80', ADMIN_TOKEN }, 'token'],
  [{ HTTP_ADDR: ':80', ADMIN_TOKEN, ALLOW_ANONYMOUS: 'reads' }, 'anonymous'],
  [{ HTTP_ADDR: ':80', READ_TOKEN, ALLOW_ANONYMOUS: 'reads' }, 'refused'],
  [{ READ_TOKEN, ADMIN_TOKEN: READ_TOKEN }, 'refused'],
] as const) {
  test(`reads with ${JSON.stringify(env)}: ${outcome}`, (t) => {
    if (outcome === 'refused') assert.equal(problems(t, env).length, 1)
    else assert.equal(load(t, env).access.allowAnonymousReads, outcome === 'anonymous')
  })
}

for (const [what, env] of [
  ['two equal topics', { KAFKA_TOPIC: 'orders_dlq' }],
  ['topics that Kafka takes for the same', { RETRY_TOPIC: 'a.b', DLQ_TOPIC: 'a_b' }],
  ['a first backoff above the longest', { RETRY_BASE_MS: '2', RETRY_CAP_MS: '1' }],
  ['a SASL mechanism without a user', { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_PASSWORD: 'x' }],
  ['a TLS file without TLS', { KAFKA_TLS_CA_FILE: 'ca.pem' }],
  ['a certificate without its key', { KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: 'cert.pem' }],
  ['a certificate that is no PEM', { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: 'other.txt' }],
  ['a CA file that is not there', { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: 'nowhere.pem' }],
  ['a token of 15 characters', { ADMIN_TOKEN: 'x'.repeat(15) }],
  ['a broker without a port', { KAFKA_BROKERS: 'a:1,b' }],
  ['a broker list with a hole', { KAFKA_BROKERS: 'a:1,,b:1' }],
  ['a DSN of another database', { DB_DSN: 'mysql://db/orders' }],
  ['a DSN without a database', { DB_DSN: 'postgres://app@db:5432' }],
  ['a DSN with a password that is not encoded', { DB_DSN: 'postgres://app:a#b@db:5432/orders' }],
] as const) {
  test(`${what}: refused`, (t) => {
    const files = { 'cert.pem': '-----BEGIN CERTIFICATE-----', 'other.txt': 'x' }
    assert.equal(problems(t, env, files).length, 1)
  })
}

for (const dsn of [
  'postgresql://db/orders',
  'postgres://app:p%23w@[::1]:5432/orders?sslmode=verify-full',
  'postgres://app:pw@/orders?host=/run/postgresql',
  'postgres://%2Frun%2Fpostgresql/orders',
]) {
  test(`DB_DSN=${dsn} is understood`, (t) => assert.equal(load(t, { DB_DSN: dsn }).database.dsn, dsn))
}

test('TLS and SASL are read whole, files included', (t) => {
  const pem = '-----BEGIN CERTIFICATE-----\nx\n'
  const env = {
    KAFKA_BROKERS: 'k1:9092, [::1]:9093',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: 'tls/ca.pem',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'app',
    KAFKA_SASL_PASSWORD_FILE: 'password',
  }
  const { kafka } = load(t, env, { 'tls/ca.pem': pem, password: 'p w \r\n' })
  assert.deepEqual(kafka, {
    brokers: ['k1:9092', '[::1]:9093'],
    groupId: 'orders-group',
    tls: { ca: pem },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'app', password: 'p w ' },
  })
})

test('a secret given twice in one place, or in a file that is empty or missing, is refused', (t) => {
  const files = { token: 'x'.repeat(20), empty: '\n' }
  assert.match(problems(t, { READ_TOKEN, READ_TOKEN_FILE: 'token' }, files).join(), /are both set/)
  assert.match(problems(t, { READ_TOKEN_FILE: 'empty' }, files).join(), /READ_TOKEN_FILE names an empty file/)
  assert.match(problems(t, { READ_TOKEN_FILE: 'missing' }, files).join(), /readable file \(ENOENT\)/)
  assert.equal(load(t, { READ_TOKEN_FILE: 'token' }, files).access.readToken, files.token)
})

test('nothing in the configuration can be changed', (t) => {
  const config = load(t)
  assert.throws(() => Object.assign(config.retry, { max: 1 }), TypeError)
  assert.throws(() => Object.assign(config.kafka.brokers, ['x']), TypeError)
  assert.throws(() => (config.roles as Set<string>).add('x'), TypeError)
  assert.throws(() => (config.roles as Set<string>).clear(), TypeError)
})

test('names that were probably meant for ours are warned about, others are not', (t) => {
  const env = {
    RETRYMAX: '1',
    ROLE: 'http',
    KAFKA_TOPICS: 'x',
    CACHE_MB_FILE: 'x',
    PATH: '/',
    HTTP_PROXY: 'x',
  }
  const { warnings } = load(t, env, { '.env': 'LOGLEVEL=debug' })
  assert.deepEqual(warnings.toSorted(), [
    'CACHE_MB_FILE (environment) is not read; did you mean CACHE_MB?',
    'KAFKA_TOPICS (environment) is not read; did you mean KAFKA_TOPIC?',
    'LOGLEVEL (.env) is not read; did you mean LOG_LEVEL?',
    'RETRYMAX (environment) is not read; did you mean RETRY_MAX?',
    'ROLE (environment) is not read; did you mean ROLES?',
  ])
})

test('the printed configuration shows name, value and source of each setting and no secret', (t) => {
  const config = load(
    t,
    { ADMIN_TOKEN, DB_DSN: 'postgres://app:hunter2@db/orders?sslmode=require&p%61ssword=hunter2#hunter2' },
    { '.env': `RETRY_MAX=3\nREAD_TOKEN_FILE=token\n`, token: 'hunter2hunter2hunter2\n' },
  )
  const printed = describeConfig(config)
  assert.ok(!printed.includes('hunter2') && !printed.includes(ADMIN_TOKEN))
  assert.match(
    printed,
    /^DB_DSN +postgres:\/\/app:\*\*\*@db\/orders\?sslmode=require&p%61ssword=\*\*\*#\*\*\* +environment$/m,
  )
  assert.match(printed, /^ADMIN_TOKEN +\*\*\* +environment$/m)
  assert.match(printed, /^READ_TOKEN +\*\*\* +file \(READ_TOKEN_FILE, \.env\)$/m)
  assert.match(printed, /^RETRY_MAX +3 +\.env$/m)
  assert.match(printed, /^CACHE_MB +128 +default$/m)
  assert.match(printed, /^KAFKA_TLS_CA_FILE +\(not set\) +default$/m)
})

for (const [dsn, shown] of [
  ['postgres://app@db/orders', 'postgres://app@db/orders'],
  ['postgres://app:a@b@db/orders', 'postgres://app:***@db/orders'],
  ['postgres://app:a:b@db/orders?x', 'postgres://app:***@db/orders?x'],
  ['postgres://app:pw@/orders?host=/run', 'postgres://app:***@/orders?host=/run'],
  ['postgres://db/orders?sslpassword=a=b&%zz=c', 'postgres://db/orders?sslpassword=***&%zz=***'],
] as const) {
  test(`${dsn} is printed as ${shown}`, (t) => {
    const setting = load(t, { DB_DSN: dsn }).settings.find(({ name }) => name === 'DB_DSN')
    assert.equal(setting?.value, shown)
  })
}
